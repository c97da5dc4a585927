use cryptocloud_postback::{ANSWER_CONTENT_TYPE, RECEIVED_BODY};

use crate::State;

/// When the handler runs.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Mode {
    /// While the postback waits: 200 says that the payment is settled or held.
    #[default]
    Direct,
    /// Later, in a worker: 200 says that the payment is stored. For bursts, and for hosts that only
    /// receive.
    StoreFirst,
}

/// What the vendor is told. Adapters convert it, and decide nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub struct Response {
    body: &'static str,
    headers: &'static [(&'static str, &'static str)],
    status: u16,
}

impl Response {
    /// The report could not be stored, or it is not known whether it was: 503.
    pub const NOT_STORED: Self = Self::later(r#"{"error":"Not stored"}"#);

    /// The work is not finished, and goes on: 503.
    pub const NOT_FINISHED: Self = Self::later(r#"{"error":"Not processed yet"}"#);

    /// The verifier is another project's: 500.
    pub const WRONG_PROJECT: Self = Self {
        body: r#"{"error":"Internal error"}"#,
        headers: JSON,
        status: 500,
    };

    const CONFLICT: Self = Self {
        body: r#"{"error":"Invoice was reported with other fields"}"#,
        headers: JSON,
        status: 409,
    };
    const RECEIVED: Self = Self {
        body: RECEIVED_BODY,
        headers: JSON,
        status: 200,
    };

    /// The response to a postback whose report is stored in this state.
    pub const fn of(state: State, mode: Mode) -> Self {
        match (state, mode) {
            (State::Done | State::Held | State::Discarded, _) => Self::RECEIVED,
            (State::Conflict, _) => Self::CONFLICT,
            (State::Received | State::Running | State::Failed, Mode::Direct) => Self::NOT_FINISHED,
            (State::Received | State::Running | State::Failed, Mode::StoreFirst) => Self::RECEIVED,
        }
    }

    const fn later(body: &'static str) -> Self {
        Self {
            body,
            headers: JSON_AND_RETRY_AFTER,
            status: 503,
        }
    }

    /// The body, which is JSON.
    #[must_use]
    pub const fn body(&self) -> &'static str {
        self.body
    }

    /// The headers, with names in lower case.
    #[must_use]
    pub const fn headers(&self) -> &'static [(&'static str, &'static str)] {
        self.headers
    }

    /// The HTTP status code.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }
}

const JSON: &[(&str, &str)] = &[("content-type", ANSWER_CONTENT_TYPE)];
const JSON_AND_RETRY_AFTER: &[(&str, &str)] =
    &[("content-type", ANSWER_CONTENT_TYPE), ("retry-after", "10")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state() {
        #[track_caller]
        fn check(state: State, direct: u16, store_first: u16) {
            assert_eq!(Response::of(state, Mode::Direct).status(), direct);
            assert_eq!(Response::of(state, Mode::StoreFirst).status(), store_first);
        }
        check(State::Received, 503, 200);
        check(State::Running, 503, 200);
        check(State::Failed, 503, 200);
        check(State::Done, 200, 200);
        check(State::Held, 200, 200);
        check(State::Conflict, 409, 409);
        check(State::Discarded, 200, 200);
    }

    #[test]
    fn every_503_says_when_to_come_again() {
        for response in [Response::NOT_STORED, Response::NOT_FINISHED] {
            assert_eq!(response.status(), 503);
            assert!(response.headers().contains(&("retry-after", "10")));
        }
    }
}
