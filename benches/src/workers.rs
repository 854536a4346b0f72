//! Threads that bill, each with its own runtime, connection and application: what a Lambda process is.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use futures::future::BoxFuture;
use testkit::{Meter, Units, World, deliver};

/// Messages that Lambda hands over at once, as the template has it.
const BATCH: usize = 10;

/// What a worker does on its thread.
pub(crate) type Job = Box<dyn FnOnce(Arc<Worker>) -> BoxFuture<'static, ()> + Send>;

/// What a worker has.
pub(crate) struct Worker {
    pub(crate) client: aws_sdk_dynamodb::Client,
    function: api::Invocation,
}

pub(crate) struct Workers {
    jobs: Sender<Job>,
    done: Mutex<Receiver<()>>,
    meters: Vec<Meter>,
}

impl Workers {
    pub(crate) fn start(world: &World, count: u64) -> Self {
        let (jobs, queue) = channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        let (tell, done) = channel();
        let mut meters = Vec::new();
        for number in 0..count {
            let process = world.process(100 + number);
            meters.push(process.meter.clone());
            let worker = Arc::new(Worker {
                function: billing_run::worker(process.app.clone()),
                client: crate::floor::client(&process.config.connection),
            });
            let (queue, tell) = (Arc::clone(&queue), tell.clone());
            thread::Builder::new()
                .name("worker".to_owned())
                .spawn(move || work(&worker, &queue, &tell))
                .unwrap();
        }
        Self {
            jobs,
            done: Mutex::new(done),
            meters,
        }
    }

    /// Does all jobs, and waits for them.
    pub(crate) fn all(&self, jobs: impl IntoIterator<Item = Job>) {
        let mut count = 0;
        for job in jobs {
            self.jobs.send(job).unwrap();
            count += 1;
        }
        let done = self.done.lock().unwrap();
        for _ in 0..count {
            done.recv().unwrap();
        }
    }

    /// Hands messages to the workers in batches, and waits until they are done.
    pub(crate) fn bill(&self, messages: &[String]) {
        let batches: Vec<Vec<String>> = messages.chunks(BATCH).map(<[String]>::to_vec).collect();
        self.all(batches.into_iter().map(|batch| -> Job {
            Box::new(move |worker| {
                Box::pin(async move {
                    let failed = deliver(&worker.function, &batch).await;
                    assert!(failed.is_empty(), "a message failed");
                })
            })
        }));
    }

    /// What all workers spent since the last time this was asked.
    pub(crate) fn take(&self) -> Units {
        crate::sum(self.meters.iter().map(Meter::take))
    }
}

fn work(worker: &Arc<Worker>, queue: &Mutex<Receiver<Job>>, tell: &Sender<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .thread_name("worker")
        .enable_all()
        .build()
        .unwrap();
    loop {
        let Ok(job) = queue.lock().unwrap().recv() else {
            return;
        };
        runtime.block_on(job(Arc::clone(worker)));
        tell.send(()).unwrap();
    }
}
