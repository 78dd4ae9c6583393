//! Threads for long computations, which give way to requests.
//!
//! There is one for each core, so that a computation may use the whole machine while nobody else wants it. They run at a lower priority
//! than the threads that answer requests: as soon as those have something to do, the system gives them the cores.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use tokio::sync::oneshot;

/// How much the threads give way: with 10 the system gives them about a tenth of a core that somebody else wants as well. Enough to get on
/// under any load.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

type Task = Box<dyn FnOnce() + Send>;

/// The threads. They end when this is dropped and what was handed in is done.
pub(crate) struct Background {
    tasks: mpsc::Sender<Task>,
}

/// The computation panicked, or there is no thread for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a background computation was abandoned")]
pub(crate) struct Abandoned;

impl Background {
    pub(crate) fn start() -> Self {
        let (tasks, queue) = mpsc::channel::<Task>();
        let queue = Arc::new(Mutex::new(queue));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        for number in 0..cores {
            let queue = queue.clone();
            let started = std::thread::Builder::new()
                .name(format!("background-{number}"))
                .spawn(move || work_until_closed(&queue));
            if let Err(error) = started {
                tracing::warn!(%error, "cannot start a background thread");
            }
        }
        Self { tasks }
    }

    /// Runs `work` on one of the threads, in the order in which it was asked for.
    ///
    /// # Errors
    /// [`Abandoned`].
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Abandoned> {
        let (reply, answer) = oneshot::channel();
        // Fails when whoever asked has gone away.
        let task = Box::new(move || drop(reply.send(work())));
        self.tasks.send(task).map_err(|_| Abandoned)?;
        answer.await.map_err(|_| Abandoned)
    }
}

fn work_until_closed(queue: &Mutex<mpsc::Receiver<Task>>) {
    // The priority belongs to the thread on Linux. Elsewhere the work is done at the usual one.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "cannot lower the priority of a background thread");
    }
    loop {
        // The lock is held while waiting: whoever has it gets the next task.
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(task) = next else { return };
        // A panic must not take the thread with it. Whoever waits for the answer is told by its absence.
        let _ = catch_unwind(AssertUnwindSafe(task));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_on_another_thread() {
        let background = Background::start();
        let here = std::thread::current().id();
        let there = background.run(|| std::thread::current().id()).await.unwrap();
        assert_ne!(here, there);
    }

    #[tokio::test]
    async fn a_panic_is_told_and_costs_no_thread() {
        let background = Background::start();
        for _ in 0..64 {
            assert_eq!(background.run(|| panic!("as expected")).await, Err::<(), _>(Abandoned));
        }
        assert_eq!(background.run(|| 5).await, Ok(5));
    }
}
