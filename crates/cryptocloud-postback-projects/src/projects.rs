use std::{collections::HashMap, error::Error, fmt, sync::Arc};

use async_trait::async_trait;

use crate::{Project, ProjectError};

/// Where a project is found by its name.
///
/// # Examples
///
/// A source that asks a vault. [`CachedProjects`](crate::CachedProjects) goes in front of it, and
/// [`Inboxes`](crate::Inboxes) keeps the inbox while the secret changes.
///
/// ```
/// use async_trait::async_trait;
/// use cryptocloud_postback::{SecretKey, Verifier};
/// use cryptocloud_postback_projects::{Inboxes, Project, Projects, SourceError};
///
/// struct Vault {
///     inboxes: Inboxes,
/// }
///
/// impl Vault {
///     async fn secret_of(&self, name: &str) -> std::io::Result<Option<String>> {
///         todo!("ask the vault")
///     }
/// }
///
/// #[async_trait]
/// impl Projects for Vault {
///     async fn find(&self, name: &str) -> Result<Option<Project>, SourceError> {
///         let Some(secret) = self.secret_of(name).await.map_err(SourceError::new)? else {
///             return Ok(None);
///         };
///         let secret = SecretKey::new(secret).map_err(SourceError::new)?;
///         let verifier = Verifier::builder(secret).project(name).build();
///         let verifier = verifier.map_err(SourceError::new)?;
///         let inbox = self.inboxes.get(name).await?;
///         Ok(Some(Project::new(verifier, inbox).map_err(SourceError::new)?))
///     }
/// }
/// ```
#[async_trait]
pub trait Projects: Send + Sync {
    /// Finds a project, or `None` if there is none of this name.
    ///
    /// The name has been checked: it has up to 64 ASCII letters, digits, dots, hyphens and
    /// underscores, and begins with a letter or digit.
    ///
    /// # Errors
    ///
    /// Returns an error if the source cannot tell. `None` would be a 404, which a sender takes for
    /// final.
    async fn find(&self, name: &str) -> Result<Option<Project>, SourceError>;
}

/// A source of projects that could not tell whether there is one.
///
/// Its source is logged, so it must not hold a secret.
#[derive(Clone, Debug)]
pub struct SourceError(Arc<dyn Error + Send + Sync>);

impl SourceError {
    /// Keeps the cause.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Arc::from(source.into()))
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("source of projects is not available")
    }
}

impl Error for SourceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

/// Projects that are known when the program starts.
#[derive(Clone, Debug, Default)]
pub struct ProjectMap(HashMap<Box<str>, Project>);

impl ProjectMap {
    /// Finds each project by its own name.
    ///
    /// # Errors
    ///
    /// Returns [`ProjectError::Duplicate`] if two have the same name.
    pub fn new(projects: impl IntoIterator<Item = Project>) -> Result<Self, ProjectError> {
        let mut map = HashMap::new();
        for project in projects {
            if map.insert(project.name().into(), project).is_some() {
                return Err(ProjectError::Duplicate);
            }
        }
        Ok(Self(map))
    }

    #[cfg(feature = "file")]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Project> {
        self.0.values()
    }

    #[cfg(feature = "file")]
    pub(crate) fn get(&self, name: &str) -> Option<Project> {
        self.0.get(name).cloned()
    }
}

#[async_trait]
impl Projects for ProjectMap {
    async fn find(&self, name: &str) -> Result<Option<Project>, SourceError> {
        Ok(self.0.get(name).cloned())
    }
}
