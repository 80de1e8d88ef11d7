//! The byte stream below one WebSocket, with a bound on the bytes that may arrive before a message
//! is complete.
//!
//! The WebSocket library bounds a message's length, not the number of its fragments: endless empty
//! fragments would keep it busy without ever yielding a message. Here they reach a limit.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

/// Counts the bytes read since the last complete message.
pub(crate) struct Metered<T> {
    inner: T,
    allowance: usize,
    left: usize,
}

impl<T> Metered<T> {
    /// Allows at most `allowance` bytes between two calls of [`Metered::refill`].
    pub(crate) fn new(inner: T, allowance: usize) -> Self {
        Metered { inner, allowance, left: allowance }
    }

    /// Resets the count after a complete message.
    pub(crate) fn refill(&mut self) {
        self.left = self.allowance;
    }

    /// Shuts down our direction of the stream, then reads and drops incoming bytes, until the end
    /// or `most` bytes.
    ///
    /// Closing a TCP socket that has unread bytes resets it, and the reset can overtake our last
    /// message.
    pub(crate) async fn wind_down(&mut self, most: usize) -> io::Result<()>
    where
        T: AsyncRead + AsyncWrite + Unpin,
    {
        self.inner.shutdown().await?;
        let mut scratch = [0; 4096];
        let mut drained = 0;
        while drained < most {
            match self.inner.read(&mut scratch).await? {
                0 => break,
                read => drained += read,
            }
        }
        Ok(())
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Metered<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            return Poll::Ready(Err(io::ErrorKind::QuotaExceeded.into()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        let read = buffer.filled().len() - before;
        self.left = self.left.saturating_sub(read);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Metered<T> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_wall_stands_until_a_message_was_whole() {
        let mut metered = Metered::new(&[7u8; 40][..], 16);
        let mut buffer = [0; 16];
        metered.read_exact(&mut buffer).await.unwrap();
        assert_eq!(metered.read(&mut buffer).await.unwrap_err().kind(), io::ErrorKind::QuotaExceeded);
        metered.refill();
        metered.read_exact(&mut buffer).await.unwrap();
    }

    #[tokio::test]
    async fn winding_down_reads_to_the_end_or_to_the_bound() {
        let mut short = Metered::new(tokio::io::join(&[0u8; 100][..], tokio::io::sink()), 1);
        short.wind_down(1 << 20).await.unwrap();
        assert!(short.inner.reader().is_empty());
        let mut endless = Metered::new(tokio::io::join(tokio::io::repeat(0), tokio::io::sink()), 1);
        endless.wind_down(1 << 16).await.unwrap();
    }
}
