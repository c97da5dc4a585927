//! Tests of the pages in Chromium, with real clicks.
#![forbid(unsafe_code)]

mod api;
mod harness;
mod listen;
mod shop;
