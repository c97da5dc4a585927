use std::{
    error::Error,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use cryptocloud_postback::Response;
use tokio::time::{self, Instant};
use tracing::{error, warn};

#[cfg(feature = "metrics")]
use crate::metrics;
use crate::{Project, Projects, SourceError, project::is_name};

/// Finds the project of a request for an adapter, or the response if there is none.
///
/// The work for an unknown name does not depend on how many were asked for: a name that no project
/// can have is not looked up, and the log gets one line a minute at most.
pub struct ProjectLookup {
    down: Mutex<OncePerMinute>,
    projects: Arc<dyn Projects>,
    unknown: Mutex<OncePerMinute>,
}

impl ProjectLookup {
    /// Every response of [`find`](Self::find).
    pub const RESPONSES: &'static [Response] = &[NOT_FOUND, NO_PARAMETER, NOT_AVAILABLE];

    /// Looks up in this source.
    pub fn new(projects: Arc<dyn Projects>) -> Self {
        #[cfg(feature = "metrics")]
        metrics::begin(&[ROUTE, UNAVAILABLE, UNKNOWN]);
        Self {
            down: Mutex::default(),
            projects,
            unknown: Mutex::default(),
        }
    }

    /// Finds the project that the route's parameter `project` names. Call it after the head of the
    /// request has passed its checks, and drop the body if it is refused.
    ///
    /// # Errors
    ///
    /// Returns the response: 404 if there is no such project, 503 if the source cannot tell within
    /// 5 s, 500 if the route has no such parameter.
    pub async fn find(&self, name: Option<&str>) -> Result<Project, Response> {
        let Some(name) = name else {
            error!(
                "route has no parameter `project`: mount it at a path such as /postback/{{project}}"
            );
            return Err(refuse(ROUTE, NO_PARAMETER));
        };
        if !is_name(name) {
            return Err(self.refuse_unknown());
        }
        match time::timeout(LIMIT, self.projects.find(name)).await {
            Ok(Ok(Some(project))) => Ok(project),
            Ok(Ok(None)) => Err(self.refuse_unknown()),
            Ok(Err(error)) => Err(self.refuse_down(name, &error)),
            Err(elapsed) => Err(self.refuse_down(name, &SourceError::new(elapsed))),
        }
    }

    /// Does not log the name, which any sender can choose.
    fn refuse_unknown(&self) -> Response {
        if let Some(count) = count(&self.unknown) {
            warn!(
                count,
                "requests for unknown projects were refused: check the vendor's settings"
            );
        }
        refuse(UNKNOWN, NOT_FOUND)
    }

    fn refuse_down(&self, project: &str, error: &SourceError) -> Response {
        if let Some(count) = count(&self.down) {
            let error = error as &dyn Error;
            error!(count, project, error, "project could not be looked up");
        }
        refuse(UNAVAILABLE, NOT_AVAILABLE)
    }
}

impl fmt::Debug for ProjectLookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectLookup").finish_non_exhaustive()
    }
}

/// The response to a request that is refused for this reason.
#[cfg_attr(
    not(feature = "metrics"),
    expect(unused_variables, reason = "only metrics read it")
)]
fn refuse(reason: &'static str, response: Response) -> Response {
    #[cfg(feature = "metrics")]
    metrics::refused(reason);
    response
}

/// Counts events between two lines of the log.
#[derive(Default)]
struct OncePerMinute {
    count: u64,
    last: Option<Instant>,
}

/// How many events there were since the last line, if it is time for one.
fn count(events: &Mutex<OncePerMinute>) -> Option<u64> {
    let mut events = events.lock().unwrap_or_else(PoisonError::into_inner);
    events.count = events.count.saturating_add(1);
    if events.last.is_some_and(|last| last.elapsed() < MINUTE) {
        return None;
    }
    let count = events.count;
    *events = OncePerMinute {
        count: 0,
        last: Some(Instant::now()),
    };
    Some(count)
}

const NOT_FOUND: Response = Response::new(404, &[JSON], r#"{"error":"Not found"}"#);
const NOT_AVAILABLE: Response = Response::new(
    503,
    &[JSON, ("retry-after", "10")],
    r#"{"error":"Not available"}"#,
);
const NO_PARAMETER: Response = Response::new(500, &[JSON], r#"{"error":"Internal error"}"#);
const JSON: (&str, &str) = ("content-type", "application/json");

// Of the metric.
const ROUTE: &str = "route";
const UNAVAILABLE: &str = "unavailable";
const UNKNOWN: &str = "unknown";

/// A sender waits about as long as for an inbox.
const LIMIT: Duration = Duration::from_secs(5);
const MINUTE: Duration = Duration::from_secs(60);
