//! What crosses crates. The tests are in `tests`; here is the root README, whose code runs as doc tests.
#![forbid(unsafe_code)]
#![doc = include_str!("../../../README.md")]
