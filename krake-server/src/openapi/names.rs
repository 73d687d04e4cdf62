//! Names that generated clients get to see.

use krake_core::Kind;

/// The words of a name in camel case, joined by underscores: `GlobalMetricsProvider` becomes `global_metrics_provider`.
pub(super) fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut previous = '_';
    for character in name.chars() {
        if character.is_ascii_uppercase() && previous != '_' && !previous.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
        previous = character;
    }
    snake.replace(['-', '.'], "_")
}

/// A word that starts with a capital letter.
pub(super) fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    characters
        .next()
        .map(|first| first.to_ascii_uppercase().to_string() + characters.as_str())
        .unwrap_or_default()
}

/// What the objects of a kind are called, `name` being that of its schema: one of them, and several.
pub(super) struct Nouns {
    pub(super) one: String,
    pub(super) many: String,
}

impl Nouns {
    pub(super) fn of(kind: &Kind, name: &str) -> Self {
        let one = snake_case(name);
        let is_regular = kind.plural == format!("{}s", kind.kind.to_lowercase());
        let many = if is_regular {
            format!("{one}s")
        } else if name == kind.kind {
            snake_case(&kind.plural)
        } else {
            format!("{}_{}", snake_case(&kind.api), snake_case(&kind.plural))
        };
        Self { one, many }
    }
}

#[cfg(test)]
mod tests {
    use krake_core::Resource;
    use krake_core::base::GlobalMetricsProvider;

    use super::*;

    #[test]
    fn words_are_told_apart() {
        assert_eq!(snake_case("MagnumCluster"), "magnum_cluster");
        assert_eq!(snake_case("HTTPRoute"), "httproute");
        assert_eq!(snake_case("my-api.v1"), "my_api_v1");
    }

    #[test]
    fn the_plural_of_a_kind_is_taken_from_its_urls() {
        let Nouns { one, many } = Nouns::of(GlobalMetricsProvider::KIND, "GlobalMetricsProvider");
        assert_eq!(one, "global_metrics_provider");
        assert_eq!(many, "global_metrics_providers");
        let goose = Kind {
            api: "demo".into(),
            kind: "Goose".into(),
            plural: "geese".into(),
            scope: krake_core::Scope::Global,
            status: false,
        };
        assert_eq!(Nouns::of(&goose, "Goose").many, "geese");
        let other = Nouns::of(&goose, "DemoGoose");
        assert_eq!((&*other.one, &*other.many), ("demo_goose", "demo_geese"));
    }
}
