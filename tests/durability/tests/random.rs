use std::{
    env,
    hash::{BuildHasher, RandomState},
};

/// SplitMix64. The test prints its seed.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// Starts with the seed in the environment variable `SEED`, or with a random one.
    pub(crate) fn new() -> Self {
        let given = env::var("SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| RandomState::new().hash_one(()));
        eprintln!("SEED={seed}");
        Self(seed)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
