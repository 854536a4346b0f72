//! Chance with a seed, for tests that try what nobody thought of.
//!
//! `SAVVY_SEED=7 cargo nextest run -p tests <test>` runs one seed again, `SAVVY_SEEDS=50` more of them.

use testkit::Fault;

/// Chance with a seed.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) const fn seeded(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x5851_f42d_4c95_7f2d))
    }

    /// A number below `end`.
    pub(crate) const fn below(&mut self, end: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    pub(crate) const fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    pub(crate) fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[usize::try_from(self.below(u64::try_from(all.len()).unwrap())).unwrap()]
    }

    pub(crate) fn shuffle<T>(&mut self, all: &mut [T]) {
        for end in (1..all.len()).rev() {
            let other = self.below(u64::try_from(end).unwrap() + 1);
            all.swap(end, usize::try_from(other).unwrap());
        }
    }

    /// What goes wrong among the next calls of a process, in two of three cases.
    pub(crate) const fn fault(&mut self, calls: u64) -> Option<Fault> {
        let call = self.below(calls);
        match self.below(5) {
            0 => Some(Fault::DieBefore(call)),
            1 => Some(Fault::DieAfter(call)),
            2 => Some(Fault::LoseAnswer(call)),
            _ => None,
        }
    }
}

/// The seeds to try: so many, or as somebody asks.
pub(crate) fn seeds(count: u64) -> Vec<u64> {
    let asked = |name| std::env::var(name).ok().map(|text| text.parse().unwrap());
    match asked("SAVVY_SEED") {
        Some(seed) => vec![seed],
        None => (0..asked("SAVVY_SEEDS").unwrap_or(count)).collect(),
    }
}
