//! Everything that crosses crates, as one binary.
#![forbid(unsafe_code)]

mod corpora;
mod projects;
mod receivers;
mod traces;
mod vectors;
