//! Time that threads spent on a processor, from `/proc/self/task/*/schedstat`. Linux only.

use std::fs;

/// In nanoseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cpu {
    /// Of the workers: our code, the SDK, signing, HTTP.
    pub(crate) workers: u64,
    /// Of the embedded database and its HTTP server.
    pub(crate) database: u64,
}

impl Cpu {
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            workers: self.workers - before.workers,
            database: self.database - before.database,
        }
    }
}

impl std::ops::AddAssign for Cpu {
    fn add_assign(&mut self, other: Self) {
        self.workers += other.workers;
        self.database += other.database;
    }
}

/// Of all threads that run now.
pub(crate) fn read() -> Cpu {
    let mut cpu = Cpu::default();
    for task in fs::read_dir("/proc/self/task").unwrap() {
        let task = task.unwrap().path();
        let read = |file| fs::read_to_string(task.join(file)).unwrap_or_default();
        let nanoseconds: u64 = read("schedstat")
            .split(' ')
            .next()
            .and_then(|first| first.parse().ok())
            .unwrap_or_default();
        match read("comm").trim() {
            "worker" => cpu.workers += nanoseconds,
            "dynamodb" => cpu.database += nanoseconds,
            _ => {}
        }
    }
    cpu
}
