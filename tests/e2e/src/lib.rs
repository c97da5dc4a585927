//! The root README, whose code runs as doc tests. The tests across crates are in `tests`.
#![forbid(unsafe_code)]
#![doc = include_str!("../../../README.md")]
