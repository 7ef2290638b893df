//! Being asked to stop: Ctrl-C, SIGTERM, or a test.

use tokio::sync::watch;

/// Tells whether somebody asked to stop. Clones tell the same.
#[derive(Clone, Debug)]
pub struct Stopping(watch::Receiver<bool>);

/// Asks to stop.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

impl Stopping {
    /// Both ends.
    pub fn pair() -> (Stopper, Self) {
        let (asks, asked) = watch::channel(false);
        (Stopper(asks), Self(asked))
    }

    /// Nobody ever asks.
    pub fn never() -> Self {
        Self::pair().1
    }

    /// Listens to Ctrl-C and, where there is one, SIGTERM. Where signals cannot be
    /// had, the process ends by them as usual, and the journal has what was begun.
    pub fn of_signals() -> Self {
        let (stopper, stopping) = Self::pair();
        tokio::spawn(async move {
            if signal().await.is_ok() {
                stopper.stop();
            } else {
                std::future::pending::<()>().await;
            }
        });
        stopping
    }

    /// Whether somebody asked.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until somebody asks.
    pub async fn asked(&mut self) {
        if self.0.wait_for(|asked| *asked).await.is_err() {
            // Whoever could have asked is gone.
            std::future::pending::<()>().await;
        }
    }
}

impl Stopper {
    /// Asks.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

#[cfg(unix)]
async fn signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
