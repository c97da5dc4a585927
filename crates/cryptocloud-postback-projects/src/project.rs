use cryptocloud_postback::Verifier;
use cryptocloud_postback_inbox::Inbox;

#[cfg(feature = "api")]
use crate::ProjectApi;

/// The verifier and the inbox of one project, and its API if there is one. A clone costs a few `Arc`s.
#[derive(Clone, Debug)]
pub struct Project {
    #[cfg(feature = "api")]
    api: Option<ProjectApi>,
    inbox: Inbox,
    verifier: Verifier,
}

impl Project {
    /// Pairs a verifier with an inbox of the same project.
    ///
    /// # Errors
    ///
    /// Returns [`ProjectError::Name`] if the inbox's name cannot be part of a route, and
    /// [`ProjectError::Mismatch`] if the verifier is not
    /// [named](cryptocloud_postback::VerifierBuilder::project) as the inbox is.
    pub fn new(verifier: Verifier, inbox: Inbox) -> Result<Self, ProjectError> {
        if !is_name(inbox.project()) {
            return Err(ProjectError::Name);
        }
        if verifier.project() != Some(inbox.project()) {
            return Err(ProjectError::Mismatch);
        }
        Ok(Self {
            #[cfg(feature = "api")]
            api: None,
            inbox,
            verifier,
        })
    }

    /// Adds the vendor's API with the key of this project.
    #[cfg(feature = "api")]
    #[must_use]
    pub fn with_api(mut self, api: ProjectApi) -> Self {
        self.api = Some(api);
        self
    }

    /// The vendor's API with the key of this project, if there is one.
    #[cfg(feature = "api")]
    #[must_use]
    pub fn api(&self) -> Option<&ProjectApi> {
        self.api.as_ref()
    }

    /// The inbox.
    #[must_use]
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// The name, by which the route finds the project.
    #[must_use]
    pub fn name(&self) -> &str {
        self.inbox.project()
    }

    /// The verifier.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}

/// Why there is no [`Project`], or no map of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// Two projects have the same name.
    #[error("two projects have the same name")]
    Duplicate,
    /// The verifier is named for another project than the inbox, or has no name.
    #[error("verifier is not named as the inbox is: set VerifierBuilder::project")]
    Mismatch,
    /// The name cannot be part of a route.
    #[error(
        "project name is not 1 to 64 ASCII letters, digits, dots, hyphens and underscores that \
         begin with a letter or digit"
    )]
    Name,
}

/// Whether a project can have this name.
///
/// No name needs escaping in a path, a query or a log, and `..` is none.
pub(crate) fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names() {
        let longest = "a".repeat(64);
        for name in ["a", "shop", "Shop-2.eu_1", "7", &longest] {
            assert!(is_name(name), "{name}");
        }
        let too_long = "a".repeat(65);
        for name in [
            "", ".", "..", "-a", "_a", "a/b", "a b", "a\n", "é", "a%2f", &too_long,
        ] {
            assert!(!is_name(name), "{name}");
        }
    }
}
