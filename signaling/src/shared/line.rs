//! The connection to Redis: one to send commands and one to receive notices, under this instance's
//! name.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::{MultiplexedConnection, PubSubStream};
use redis::{AsyncConnectionConfig, Client, ErrorKind, RedisError, RedisResult, Script};
use tacit_signaling_messages::Refusal;
use tokio::time::timeout;

use crate::hub::random_name;
use crate::rooms::{Member, Terms};

/// The timeout of every operation on Redis.
const PATIENCE: Duration = Duration::from_secs(5);

/// Makes [`Line`]s, and runs operations over them.
pub(super) struct Lines {
    redis: Client,
    script: Script,
    terms: [u64; 7],
}

/// A connection that belongs to one name of this instance.
#[derive(Clone)]
pub(super) struct Line {
    /// Random, so never the name of another instance or an earlier one of this instance.
    pub(super) instance: Arc<str>,
    connection: MultiplexedConnection,
}

impl Line {
    /// Returns the same connection, under the name of `other`.
    pub(super) fn as_if(&self, other: &Line) -> Line {
        Line { instance: other.instance.clone(), connection: self.connection.clone() }
    }
}

/// The answer of the script.
#[derive(Debug)]
pub(super) enum Answer {
    Done(String),
    /// Done in part: the caller must ask again.
    Again,
    Ringing,
    Refused(Refusal),
}

impl Lines {
    pub(super) fn new(redis: redis::ConnectionInfo, terms: Terms, silence: Duration) -> RedisResult<Self> {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
        Ok(Lines {
            redis: Client::open(redis)?,
            script: Script::new(include_str!("rooms.lua")),
            terms: [
                terms.max_rooms.into(),
                milliseconds(terms.waiting),
                milliseconds(terms.lifetime),
                milliseconds(terms.rest),
                terms.at_door.into(),
                milliseconds(terms.ringing),
                milliseconds(silence),
            ],
        })
    }

    /// Joins the instances under a new name.
    pub(super) async fn arrive(&self) -> RedisResult<(Line, PubSubStream)> {
        let instance: Arc<str> = random_name().ok_or((ErrorKind::Client, "no randomness"))?.into();
        let connecting = async {
            let mut posts = self.redis.get_async_pubsub().await?;
            posts.subscribe(format!("tacit:to:{instance}")).await?;
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(Some(PATIENCE))
                .set_response_timeout(Some(PATIENCE));
            let connection = self.redis.get_multiplexed_async_connection_with_config(&config).await?;
            Ok::<_, RedisError>((Line { instance, connection }, posts.into_on_message()))
        };
        let late = |_| RedisError::from((ErrorKind::Io, "no answer in time"));
        let (line, posts) = timeout(PATIENCE, connecting).await.map_err(late)??;
        self.ask(&line, "arrive", Member(0), "", "").await?;
        Ok((line, posts))
    }

    /// Lets all members under this name leave.
    pub(super) async fn depart(&self, line: &Line) -> Result<(), String> {
        while let Answer::Again = self.call(line, "depart", Member(0), "", "").await? {}
        Ok(())
    }

    /// Runs one operation. If it fails, its effect is unknown; the error gives the reason for the
    /// operator.
    pub(super) async fn call(
        &self,
        line: &Line,
        verb: &str,
        member: Member,
        argument: &str,
        ticket: &str,
    ) -> Result<Answer, String> {
        match self.ask(line, verb, member, argument, ticket).await {
            Ok((status, value)) => read(&status, value).ok_or_else(|| "silent or deaf for too long".into()),
            // The details of a Redis error may quote what was sent, so only its category is kept.
            Err(error) => Err(error.category().into()),
        }
    }

    /// Publishes on the channel what a heartbeat publishes there.
    #[cfg(test)]
    pub(super) async fn mark(&self, line: &Line) -> RedisResult<()> {
        let channel = format!("tacit:to:{}", line.instance);
        redis::cmd("PUBLISH").arg(channel).arg("").query_async(&mut line.connection.clone()).await
    }

    #[cfg(test)]
    pub(super) async fn forget_everything(&self) -> RedisResult<()> {
        let mut connection = self.redis.get_multiplexed_async_connection().await?;
        redis::cmd("FLUSHALL").query_async(&mut connection).await
    }

    async fn ask(
        &self,
        line: &Line,
        verb: &str,
        Member(member): Member,
        argument: &str,
        ticket: &str,
    ) -> RedisResult<(String, String)> {
        let mut invocation = self.script.prepare_invoke();
        invocation.arg(verb).arg(&*line.instance).arg(member);
        for term in self.terms {
            invocation.arg(term);
        }
        invocation.arg(argument).arg(ticket).invoke_async(&mut line.connection.clone()).await
    }
}

fn read(status: &str, value: String) -> Option<Answer> {
    Some(match status {
        "created" | "resumed" | "joined" | "answered" | "done" => Answer::Done(value),
        "again" => Answer::Again,
        "ringing" => Answer::Ringing,
        "refused" => Answer::Refused(serde_json::from_value(value.into()).ok()?),
        _ => return None,
    })
}
