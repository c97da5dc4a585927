//! No payment is processed twice and none is lost, with real processes, real servers and real faults.
#![forbid(unsafe_code)]

mod crash;
mod faults;
mod load;
mod place;
mod proxy;
mod random;
mod receiver;
mod sender;

type TestResult = Result<(), Box<dyn std::error::Error>>;
