//! Alice and Bob, as the lessons have them: two workers with a real connection between them, one pair for the whole page.
//!
//! The first lesson that wants something played starts them. One run is played at a time, and those that nobody waits for any more are not
//! begun. After a run in which something went wrong the connection is thrown away: what may still be on its way there belongs to nobody.
//! Where a browser starts no workers or connects no page to itself, both play in one program, and the page says so.

use futures::StreamExt as _;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::channel::oneshot;
use futures::future::{Either, select, try_join};
use leptos::prelude::*;
use tacit_jobs::handover::{pack, unpack};
use tacit_lessons::paillier::Done;
use tacit_lessons::party::{Aside, Report, Run, Task, play_both};
use tacit_session::{Code, Fault, Party};

use zeroize::Zeroizing;

use crate::connection::Connection;
use crate::lessons::prg;
use crate::worker::{Asked, Worker};

/// How the two are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Nobody has asked for them.
    Away,
    /// They are starting, and reaching for each other.
    Connecting,
    /// Two programs, with a connection between them.
    Apart,
    /// One program.
    Together,
}

/// The page's handle on the two.
#[derive(Clone, Copy)]
pub(crate) struct Parties {
    queue: StoredValue<UnboundedSender<Job>, LocalStorage>,
    how: RwSignal<How>,
}

/// A run that somebody waits for.
struct Job {
    tasks: Packed,
    done: Box<dyn Fn(Done)>,
    /// Whether it takes so long that it is broken off when nobody waits for it any more.
    is_long: bool,
    answer: oneshot::Sender<Result<[Report; 2], Fault>>,
}

/// Both tasks as bytes: a task is spent when it is played, and it may have to be played anew.
struct Packed([Zeroizing<Vec<u8>>; 2]);

impl Packed {
    fn new(tasks: &[Task; 2]) -> Self {
        Self(tasks.each_ref().map(pack))
    }

    fn tasks(&self) -> Result<[Task; 2], Fault> {
        let [alice, bob] = self.0.each_ref().map(|task| unpack(task));
        let unreadable = |_| Fault::internal("a task that cannot be read");
        Ok([alice.map_err(unreadable)?, bob.map_err(unreadable)?])
    }
}

impl Parties {
    /// Neither is started before something is played.
    pub(crate) fn new() -> Self {
        let (queue, jobs) = unbounded();
        let how = RwSignal::new(How::Away);
        leptos::task::spawn_local(serve(jobs, how));
        Self { queue: StoredValue::new_local(queue), how }
    }

    /// How they are.
    pub(crate) fn how(self) -> How {
        self.how.get()
    }

    /// Has them play, as soon as they are free. Dropping what this returns says that nobody waits for it.
    pub(crate) fn play<T>(self, run: Run<T>) -> impl Future<Output = Result<T, Fault>> {
        self.ask(run, false, |_| {})
    }

    /// The same for what takes long: `done` hears of each piece, and it is broken off when nobody waits for it any more.
    pub(crate) fn play_long<T>(
        self,
        run: Run<T>,
        done: impl Fn(Done) + 'static,
    ) -> impl Future<Output = Result<T, Fault>> {
        self.ask(run, true, done)
    }

    fn ask<T>(
        self,
        run: Run<T>,
        is_long: bool,
        done: impl Fn(Done) + 'static,
    ) -> impl Future<Output = Result<T, Fault>> {
        let Run { tasks, read } = run;
        let (answer, came) = oneshot::channel();
        let job = Job { tasks: Packed::new(&tasks), done: Box::new(done), is_long, answer };
        self.queue.with_value(|queue| drop(queue.unbounded_send(job)));
        async move { read(came.await.map_err(|_| Fault::internal("nobody played"))??) }
    }
}

/// Plays one run after the other, as long as the page lives.
async fn serve(mut jobs: UnboundedReceiver<Job>, how: RwSignal<How>) {
    let mut pair = Pair { how, workers: None, connection: None, alone: None };
    while let Some(Job { tasks, done, is_long, mut answer }) = jobs.next().await {
        if answer.is_canceled() {
            continue;
        }
        let reports = if is_long {
            let played = Box::pin(pair.play(&tasks, &*done));
            match select(played, answer.cancellation()).await {
                Either::Left((reports, _)) => Some(reports),
                Either::Right(_) => None,
            }
        } else {
            Some(pair.play(&tasks, &*done).await)
        };
        match reports {
            // Whoever waited may have gone.
            Some(reports) => drop(answer.send(reports)),
            None => pair.end(),
        }
    }
}

/// The two, as far as they have been started.
struct Pair {
    how: RwSignal<How>,
    /// Alice's and Bob's.
    workers: Option<[Worker; 2]>,
    connection: Option<Connection>,
    /// One for both, where they cannot be apart.
    alone: Option<Worker>,
}

impl Pair {
    async fn play(&mut self, tasks: &Packed, done: &dyn Fn(Done)) -> Result<[Report; 2], Fault> {
        // A connection may have gone since the last run, so there are two tries.
        for _ in 0..2 {
            if self.how.get_untracked() == How::Together || !self.connect().await {
                break;
            }
            match self.play_apart(tasks.tasks()?, done).await? {
                reports if Report::are_cut_off(&reports) => self.connection = None,
                reports => {
                    if !Report::are_settled(&reports) {
                        self.connection = None;
                    }
                    return Ok(reports);
                }
            }
        }
        self.end();
        self.how.set(How::Together);
        self.play_together(tasks.tasks()?, done).await
    }

    /// Starts and connects the two, if they are not; whether they are now.
    async fn connect(&mut self) -> bool {
        if self.connection.is_some() {
            return true;
        }
        if self.workers.is_none() {
            self.how.set(How::Connecting);
            let started = futures::future::join(Worker::start("Alice"), Worker::start("Bob")).await;
            self.workers = if let (Some(alice), Some(bob)) = started { Some([alice, bob]) } else { None };
        }
        if let Some([alice, bob]) = &self.workers {
            self.connection = Connection::open([alice.inner(), bob.inner()]).await.ok();
        }
        if self.connection.is_some() {
            self.how.set(How::Apart);
        }
        self.connection.is_some()
    }

    async fn play_apart(&mut self, tasks: [Task; 2], done: &dyn Fn(Done)) -> Result<[Report; 2], Fault> {
        let broken = || Fault::internal("a party’s program broke");
        let Some([alice, bob]) = &mut self.workers else { return Err(broken()) };
        let [hers, his] = tasks;
        let (hers, his) = (Asked::One(Party::Alice, hers), Asked::One(Party::Bob, his));
        let play = async |worker: &mut Worker, asked| worker.play(asked, done).await.ok_or_else(broken);
        let reports = try_join(Box::pin(play(alice, &hers)), Box::pin(play(bob, &his))).await;
        let both = reports.and_then(|(mut alice, mut bob)| match (alice.pop(), bob.pop()) {
            (Some(alice), Some(bob)) => Ok([alice, bob]),
            _ => Err(broken()),
        });
        if both.is_err() {
            self.end();
        }
        both
    }

    /// Both in one program: a worker's, or where none starts the page's, for what does not take long.
    async fn play_together(&mut self, tasks: [Task; 2], done: &dyn Fn(Done)) -> Result<[Report; 2], Fault> {
        if self.alone.is_none() {
            self.alone = Worker::start("Alice and Bob").await;
        }
        let Some(worker) = &mut self.alone else {
            if matches!(tasks, [Task::Predict(_), _]) {
                return Err(Fault::new(Code::Unsupported, "the browser starts no worker"));
            }
            return Ok(play_both(tasks, &mut [prg(), prg()], Aside::SILENT));
        };
        match worker.play(&Asked::Both(tasks), done).await.map(<[Report; 2]>::try_from) {
            Some(Ok(reports)) => Ok(reports),
            _ => {
                self.end();
                Err(Fault::internal("the program of both broke"))
            }
        }
    }

    /// Ends all of it; the next run starts anew.
    fn end(&mut self) {
        (self.connection, self.workers, self.alone) = (None, None, None);
    }
}
