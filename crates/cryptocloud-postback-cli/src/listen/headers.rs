use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, PROXY_AUTHORIZATION,
        SET_COOKIE, USER_AGENT, VIA,
    },
};

/// The headers of a request or a response, within limits and without secrets.
#[derive(Clone)]
pub(super) struct Headers {
    kept: Vec<(HeaderName, Option<HeaderValue>)>,
    /// Whether there were more.
    pub(super) truncated: bool,
}

impl Headers {
    /// Copies up to [`MAX_BYTES`], since hyper's values keep their whole buffer alive.
    ///
    /// Leaves out the values of headers that hold credentials.
    pub(super) fn keep(headers: &HeaderMap) -> Self {
        let mut this = Self {
            kept: Vec::new(),
            truncated: false,
        };
        let mut left = MAX_BYTES;
        // The headers that checks and forwarding need come first, so that others cannot displace them.
        let (first, others): (Vec<_>, Vec<_>) =
            headers.iter().partition(|(name, _)| FIRST.contains(name));
        for (name, value) in first.into_iter().chain(others) {
            let size = name.as_str().len().saturating_add(value.len());
            let Some(rest) = left.checked_sub(size) else {
                this.truncated = true;
                continue;
            };
            left = rest;
            let copy = || HeaderValue::from_bytes(value.as_bytes()).ok();
            let value = if is_secret(name) { None } else { copy() };
            this.kept.push((name.clone(), value));
        }
        this
    }

    /// The first value of a header.
    pub(super) fn get(&self, name: &HeaderName) -> Option<&HeaderValue> {
        self.get_all(name).next()
    }

    pub(super) fn get_all(&self, name: &HeaderName) -> impl Iterator<Item = &HeaderValue> {
        self.kept
            .iter()
            .filter(move |(kept, _)| kept == name)
            .filter_map(|(_, value)| value.as_ref())
    }

    /// All headers, with `None` for a value that was left out.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&HeaderName, Option<&HeaderValue>)> {
        self.kept.iter().map(|(name, value)| (name, value.as_ref()))
    }
}

fn is_secret(name: &HeaderName) -> bool {
    let known = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, SET_COOKIE];
    known.contains(name)
        || ["api-key", "secret", "token"]
            .iter()
            .any(|part| name.as_str().contains(part))
}

const FIRST: [HeaderName; 5] = [
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    USER_AGENT,
    VIA,
];
const MAX_BYTES: usize = 16 * 1024;
