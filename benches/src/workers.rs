//! Threads that each have a runtime and a thing of their own, with which they do jobs: what a Lambda process is.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

/// What is done on one of the threads.
pub(crate) type Job<W> = Box<dyn FnOnce(Arc<W>) -> BoxFuture<'static, ()> + Send>;

pub(crate) struct Workers<W> {
    jobs: Sender<Job<W>>,
    progress: Arc<Progress>,
}

#[derive(Debug, Default)]
struct Progress {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Jobs that are not done.
    open: usize,
    failed: bool,
}

impl<W: Send + Sync + 'static> Workers<W> {
    /// A thread for each of these.
    pub(crate) fn start(each: impl IntoIterator<Item = W>) -> Self {
        let (jobs, queue) = channel::<Job<W>>();
        let queue = Arc::new(Mutex::new(queue));
        let progress = Arc::new(Progress::default());
        for worker in each {
            let worker = Arc::new(worker);
            let (queue, progress) = (Arc::clone(&queue), Arc::clone(&progress));
            thread::Builder::new()
                .name("worker".to_owned())
                .spawn(move || work(&worker, &queue, &progress))
                .unwrap();
        }
        Self { jobs, progress }
    }

    /// Does all jobs, and waits for them.
    pub(crate) fn all(&self, jobs: impl IntoIterator<Item = Job<W>>) {
        self.send(jobs);
        self.wait(|open| open == 0);
    }

    /// Begins jobs.
    pub(crate) fn send(&self, jobs: impl IntoIterator<Item = Job<W>>) {
        for job in jobs {
            self.progress.state.lock().unwrap().open += 1;
            self.jobs.send(job).unwrap();
        }
    }

    /// Waits until so many jobs are left; looks again whenever one is done, and each millisecond.
    pub(crate) fn wait(&self, enough: impl Fn(usize) -> bool) {
        let mut state = self.progress.state.lock().unwrap();
        loop {
            assert!(!state.failed, "a job failed");
            if enough(state.open) {
                return;
            }
            let tick = Duration::from_millis(1);
            (state, _) = self.progress.changed.wait_timeout(state, tick).unwrap();
        }
    }
}

fn work<W: Send + Sync>(worker: &Arc<W>, queue: &Mutex<Receiver<Job<W>>>, progress: &Progress) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .thread_name("worker")
        .enable_all()
        .build()
        .unwrap();
    loop {
        let Ok(job) = queue.lock().unwrap().recv() else {
            return;
        };
        let job = std::panic::AssertUnwindSafe(job(Arc::clone(worker)));
        let failed = runtime.block_on(job.catch_unwind()).is_err();
        let mut state = progress.state.lock().unwrap();
        state.open -= 1;
        state.failed |= failed;
        progress.changed.notify_all();
    }
}
