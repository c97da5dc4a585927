use std::{borrow::Cow, error::Error, fmt};

/// Why a file of projects cannot be used: what is wrong, and in which line. It holds no value of the
/// file, and of a setting that is unknown up to 32 characters of its name.
#[derive(Debug)]
pub struct FileError {
    line: Option<usize>,
    problem: Cow<'static, str>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl FileError {
    pub(super) fn new(
        line: impl Into<Option<usize>>,
        problem: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            line: line.into(),
            problem: problem.into(),
            source: None,
        }
    }

    /// For `map_err`.
    pub(super) fn from_source<E: Error + Send + Sync + 'static>(
        line: impl Into<Option<usize>>,
        problem: impl Into<Cow<'static, str>>,
    ) -> impl FnOnce(E) -> Self {
        let error = Self::new(line, problem);
        move |source| Self {
            source: Some(source.into()),
            ..error
        }
    }

    /// The line, counted from 1, unless the file cannot be read or has no project.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.line
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.problem)
    }
}

impl Error for FileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&**self.source.as_ref()?)
    }
}
