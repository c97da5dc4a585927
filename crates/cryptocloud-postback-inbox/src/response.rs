use cryptocloud_postback::Response;

use crate::{Inbox, State};

/// When the handler runs.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Mode {
    /// While the postback waits: 200 says that the payment is settled or held.
    #[default]
    Direct,
    /// Later, in a worker: 200 says that the payment is stored. For bursts, and for hosts that only
    /// receive. It needs a store that [is atomic](crate::Settles::IS_ATOMIC), so not Redis.
    StoreFirst,
}

/// The report could not be stored, or it is not known whether it was.
pub(crate) const NOT_STORED: Response = later(r#"{"error":"Not stored"}"#);

/// The work is not finished, and goes on.
pub(crate) const NOT_FINISHED: Response = later(r#"{"error":"Not processed yet"}"#);

/// The verifier is another project's.
pub(crate) const WRONG_PROJECT: Response =
    Response::new(500, &[JSON], r#"{"error":"Internal error"}"#);

const CONFLICT: Response = Response::new(
    409,
    &[JSON],
    r#"{"error":"Invoice was reported with other fields"}"#,
);

impl Mode {
    /// The response to a postback whose report is stored in this state: the one table of them.
    pub const fn response(self, state: State) -> Response {
        match (state, self) {
            (State::Done | State::Held | State::Discarded, _) => Response::RECEIVED,
            (State::Conflict, _) => CONFLICT,
            (State::Received | State::Running | State::Failed, Self::Direct) => NOT_FINISHED,
            (State::Received | State::Running | State::Failed, Self::StoreFirst) => {
                Response::RECEIVED
            }
        }
    }
}

impl Inbox {
    /// Every response of [`receive`](Self::receive).
    pub const RESPONSES: &'static [Response] = &[
        Response::RECEIVED,
        CONFLICT,
        WRONG_PROJECT,
        NOT_FINISHED,
        NOT_STORED,
    ];
}

const fn later(body: &'static str) -> Response {
    Response::new(503, &[JSON, ("retry-after", "10")], body)
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state() {
        #[track_caller]
        fn check(state: State, direct: u16, store_first: u16) {
            assert_eq!(Mode::Direct.response(state).status(), direct);
            assert_eq!(Mode::StoreFirst.response(state).status(), store_first);
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
    fn every_response_is_listed_once() {
        let modes = [Mode::Direct, Mode::StoreFirst];
        let by_state = modes.map(|mode| State::ALL.iter().map(move |state| mode.response(*state)));
        let others = [NOT_FINISHED, NOT_STORED, WRONG_PROJECT];
        let mut rest = Inbox::RESPONSES.to_vec();
        for response in by_state.into_iter().flatten().chain(others) {
            assert!(Inbox::RESPONSES.contains(&response), "{response:?}");
            rest.retain(|other| *other != response);
        }
        assert!(rest.is_empty(), "{rest:?}");
        for (index, response) in Inbox::RESPONSES.iter().enumerate() {
            assert!(
                !Inbox::RESPONSES[..index].contains(response),
                "{response:?}"
            );
        }
    }

    #[test]
    fn every_503_says_when_to_come_again() {
        for response in [NOT_STORED, NOT_FINISHED] {
            assert_eq!(response.status(), 503);
            assert!(response.headers().contains(&("retry-after", "10")));
        }
    }
}
