use std::path::Path;

use cryptocloud_postback_api::{Api, ApiKey, BaseUrl};

use super::{
    FileError,
    reading::{Reader, Settings},
};
use crate::ProjectApi;

/// What the file says about the API of a project.
///
/// The client is made only if that is taken up, and not by every read.
pub(super) struct ApiSettings {
    key: ApiKey,
    line: usize,
    shop_id: Option<String>,
    url: BaseUrl,
}

impl ApiSettings {
    pub(super) fn connect(self) -> Result<ProjectApi, FileError> {
        let api = Api::builder(self.key, self.url).build();
        let api = api.map_err(FileError::from_source(self.line, "API cannot be set up"))?;
        Ok(ProjectApi::new(api, self.shop_id.as_deref()))
    }
}

impl Reader {
    /// Takes what belongs to the API out of the settings of the project that begins at `name_line`.
    pub(super) fn api(
        &mut self,
        directory: &Path,
        name_line: usize,
        mut settings: Settings,
        line: impl Fn(usize) -> usize,
    ) -> Result<(Option<ApiSettings>, Settings), FileError> {
        let (key, file) = (settings.api_key.take(), settings.api_key_file.take());
        let (url, shop_id) = (settings.api_url.take(), settings.shop_id.take());
        let (key, key_line) = match (key, file) {
            (Some(key), None) => {
                let line = line(key.span().start);
                (key.into_inner(), line)
            }
            (None, Some(file)) => {
                let line = line(file.span().start);
                (self.value_in(&directory.join(file.get_ref()), line)?, line)
            }
            (None, None) if url.is_none() && shop_id.is_none() => return Ok((None, settings)),
            _ => return Err(FileError::new(name_line, ONE_KEY)),
        };
        let key = ApiKey::new(key);
        let key = key.map_err(FileError::from_source(key_line, "API KEY cannot be used"))?;
        let url =
            url.ok_or_else(|| FileError::new(name_line, "project with an API needs `api_url`"))?;
        let url_line = line(url.span().start);
        let url = BaseUrl::parse(url.get_ref());
        let url = url.map_err(FileError::from_source(url_line, "`api_url` cannot be used"))?;
        let api = ApiSettings {
            key,
            line: name_line,
            shop_id,
            url,
        };
        Ok((Some(api), settings))
    }
}

const ONE_KEY: &str = "project with an API needs either `api_key` or `api_key_file`";
