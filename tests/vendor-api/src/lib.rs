//! The vendor's API on loopback, with faults on request, for tests.
