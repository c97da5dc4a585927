use cryptocloud_postback_api::{Api, ApiKey, BaseUrl};

use super::{
    FileError,
    reading::Reader,
    settings::{At, Settings},
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
    /// Takes what belongs to the API out of the settings of the project that begins at this line.
    pub(super) fn api(
        &mut self,
        line: usize,
        settings: &mut Settings<'_>,
    ) -> Result<Option<ApiSettings>, FileError> {
        let key = self.one_of(line, settings, "api_key", "api_key_file")?;
        let url = settings.string("api_url")?;
        let shop_id = settings.string("shop_id")?.map(|id| id.value);
        let (key, url) = match (key, url) {
            (Some(key), Some(url)) => (key, url),
            (Some(_), None) => return Err(FileError::new(line, NO_URL)),
            (None, None) if shop_id.is_none() => return Ok(None),
            (None, _) => return Err(FileError::new(line, NO_KEY)),
        };
        let At { line: at, value } = key;
        let key = ApiKey::new(value);
        let key = key.map_err(FileError::from_source(at, "API KEY cannot be used"))?;
        let At { line: at, value } = url;
        let url = BaseUrl::parse(&value);
        let url = url.map_err(FileError::from_source(at, "`api_url` cannot be used"))?;
        Ok(Some(ApiSettings {
            key,
            line,
            shop_id,
            url,
        }))
    }
}

const NO_KEY: &str = "project with an API has neither `api_key` nor `api_key_file`";
const NO_URL: &str = "project with an API has no `api_url`";
