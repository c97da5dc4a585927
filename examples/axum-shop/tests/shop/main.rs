//! The shop as a process: postbacks over HTTP, and the outcome read from its orders.

mod faults;
mod held;
mod orders;
mod payments;
mod server;
mod start;

type TestResult<T = ()> = Result<T, Box<dyn std::error::Error>>;
