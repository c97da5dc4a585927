use std::ffi::OsStr;

use clap::{
    Arg, Command,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
    error::{ContextKind, ContextValue},
};
use strsim::sorensen_dice;

use super::attacks::ATTACKS;

/// Reads the name of an attack, or one of these words.
#[derive(Clone)]
pub(super) struct Names(pub(super) &'static [&'static str]);

impl Names {
    fn all(&self) -> impl Iterator<Item = &'static str> {
        let words = self.0.iter().copied();
        words.chain(ATTACKS.iter().map(|attack| attack.name))
    }
}

impl TypedValueParser for Names {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        let parsed = PossibleValuesParser::new(self.all()).parse_ref(command, argument, value);
        parsed.map_err(|mut error| {
            let value = value.to_string_lossy().to_lowercase();
            let rated = self.all().map(|name| (sorensen_dice(&value, name), name));
            let nearest = rated.max_by(|one, other| one.0.total_cmp(&other.0));
            error.remove(ContextKind::SuggestedValue);
            if let Some((0.4.., name)) = nearest {
                let name = ContextValue::String(name.to_owned());
                error.insert(ContextKind::SuggestedValue, name);
            }
            // All names would be a page.
            error.remove(ContextKind::ValidValue);
            let list = "`ccpostback send --forge list` shows every name".into();
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![list]));
            error
        })
    }

    /// For completion.
    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.all().map(PossibleValue::new)))
    }
}
