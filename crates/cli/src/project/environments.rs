//! Puts the layers of a project file together, and checks that every environment can be resolved.

use std::collections::{BTreeMap, HashMap, HashSet};

use strongroom_core::spelling::nearest;

use super::manifest::{EnvironmentLayer, Manifest, SecretLayer};
use super::table::{File, Placed};
use super::{Declaration, ENVIRONMENT_DEFAULT, Environment, Project, Source};
use crate::formats::{Name, Problem};

pub(super) fn resolve(mut manifest: Manifest<'_>) -> Result<Project, Problem> {
    if manifest.environments.is_empty() {
        manifest.environments.push(EnvironmentLayer {
            name: ENVIRONMENT_DEFAULT.to_owned(),
            inherits: None,
            secrets: Vec::new(),
        });
    }
    let default_environment = default_environment(&manifest)?;
    let mut environments = Vec::with_capacity(manifest.environments.len());
    for environment in &manifest.environments {
        let lineage = lineage(&manifest, environment)?;
        let layers = merged(&manifest, &lineage);
        let offsets: HashMap<Name, usize> =
            layers.iter().map(|layer| (layer.name.clone(), layer.offset)).collect();
        let declarations = layers
            .into_iter()
            .map(|layer| declaration(manifest.file, &environment.name, layer))
            .collect::<Result<Vec<_>, _>>()?;
        check_references(manifest.file, &environment.name, &declarations, &offsets)?;
        environments.push(Environment {
            name: environment.name.clone(),
            lookup_order: lineage.iter().map(|layer| layer.name.clone()).collect(),
            declarations,
        });
    }
    Ok(Project { name: manifest.project, default_environment, environments })
}

/// The named one, the only one, or `dev`.
fn default_environment(manifest: &Manifest<'_>) -> Result<String, Problem> {
    if let Some(named) = &manifest.default_environment {
        return Ok(find(manifest, named, "`default_environment`")?.name.clone());
    }
    let is_default = |layer: &&EnvironmentLayer| layer.name == ENVIRONMENT_DEFAULT;
    match manifest.environments.as_slice() {
        [only] => Ok(only.name.clone()),
        all => all.iter().find(is_default).map(|layer| layer.name.clone()).ok_or_else(|| {
            let first = all.first().map_or(ENVIRONMENT_DEFAULT, |layer| layer.name.as_str());
            let hint = format!("write default_environment = \"{first}\" at the top");
            manifest.file.problem(0, "`default_environment` is missing", hint)
        }),
    }
}

fn find<'m>(
    manifest: &'m Manifest<'_>,
    named: &Placed<String>,
    what: &str,
) -> Result<&'m EnvironmentLayer, Problem> {
    let found = manifest.environments.iter().find(|layer| layer.name == named.value);
    found.ok_or_else(|| {
        let names: Vec<&str> =
            manifest.environments.iter().map(|layer| layer.name.as_str()).collect();
        let hint = match nearest(&named.value, names.iter().copied()) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => format!("the environments are {}", names.join(", ")),
        };
        manifest.file.problem(named.offset, format!("{what} names no environment"), hint)
    })
}

/// The environment and what it inherits, nearest first.
fn lineage<'m>(
    manifest: &'m Manifest<'_>,
    environment: &'m EnvironmentLayer,
) -> Result<Vec<&'m EnvironmentLayer>, Problem> {
    let mut lineage = vec![environment];
    let mut current = environment;
    while let Some(parent) = &current.inherits {
        let what = format!("`environments.{}.inherits`", current.name);
        let next = find(manifest, parent, &what)?;
        let names = || lineage.iter().map(|layer| layer.name.as_str());
        if names().any(|name| name == next.name) {
            let chain: Vec<&str> =
                names().skip_while(|name| *name != next.name).chain([next.name.as_str()]).collect();
            let message = format!("environments inherit in a circle: {}", chain.join(" -> "));
            return Err(manifest.file.problem(parent.offset, message, "remove one `inherits`"));
        }
        lineage.push(next);
        current = next;
    }
    Ok(lineage)
}

/// The layers of each secret on top of each other: the project's, the farthest ancestor's, ... its own.
fn merged(manifest: &Manifest<'_>, lineage: &[&EnvironmentLayer]) -> Vec<SecretLayer> {
    let mut merged: Vec<SecretLayer> = Vec::new();
    let mut places: HashMap<Name, usize> = HashMap::new();
    let inherited = lineage.iter().rev().flat_map(|layer| &layer.secrets);
    for layer in manifest.secrets.iter().chain(inherited) {
        let place = *places.entry(layer.name.clone()).or_insert(merged.len());
        match merged.get_mut(place) {
            Some(below) => below.cover(layer),
            None => merged.push(layer.clone()),
        }
    }
    merged
}

impl SecretLayer {
    /// What the upper layer says replaces what this one says. The two meet in one place: a `default` on top
    /// of `required` makes the secret optional, `required` on top of a `default` drops the default.
    fn cover(&mut self, upper: &Self) {
        self.offset = upper.offset;
        if upper.required == Some(true) && matches!(self.source, Some(Source::Default(_))) {
            self.source = None;
        }
        if matches!(upper.source, Some(Source::Default(_))) {
            self.required = None;
        }
        self.required = upper.required.or(self.required);
        self.kind = upper.kind.or(self.kind);
        self.min_length = upper.min_length.or(self.min_length);
        self.max_length = upper.max_length.or(self.max_length);
        if upper.description.is_some() {
            self.description.clone_from(&upper.description);
        }
        if upper.source.is_some() {
            self.source.clone_from(&upper.source);
        }
    }
}

fn declaration(
    file: File<'_>,
    environment: &str,
    layer: SecretLayer,
) -> Result<Declaration, Problem> {
    let has_default = matches!(layer.source, Some(Source::Default(_)));
    let declaration = Declaration {
        name: layer.name,
        required: layer.required.unwrap_or(!has_default),
        kind: layer.kind.unwrap_or_default(),
        description: layer.description,
        source: layer.source,
        min_length: layer.min_length,
        max_length: layer.max_length,
    };
    let Declaration { name, min_length, max_length, .. } = &declaration;
    if let (Some(min), Some(max)) = (min_length, max_length)
        && min > max
    {
        let message = format!("{name} has `min_length` {min} above `max_length` {max}");
        return Err(file.problem(layer.offset, message, "exchange them"));
    }
    // A template without references has its value now.
    if let Some(template) = declaration.template()
        && let Ok(value) = template.resolve(&mut |_| None)
        && let Err(error) = declaration.check(&value)
    {
        let message = format!("the default of {name} in {environment} {error}");
        return Err(file.problem(layer.offset, message, "change the default or the type"));
    }
    Ok(declaration)
}

/// Templates refer to declared secrets only, and never in a circle.
fn check_references(
    file: File<'_>,
    environment: &str,
    declarations: &[Declaration],
    offsets: &HashMap<Name, usize>,
) -> Result<(), Problem> {
    let offset = |name: &Name| offsets.get(name).copied().unwrap_or_default();
    let mut open: BTreeMap<&Name, Vec<&Name>> = BTreeMap::new();
    for declaration in declarations {
        let references = declaration.template().into_iter().flat_map(|found| found.references());
        let references: Vec<&Name> = references.collect();
        if let Some(unknown) = references.iter().find(|name| !offsets.contains_key(**name)) {
            let Declaration { name, .. } = declaration;
            let message =
                format!("{name} refers to {unknown}, which {environment} does not declare");
            let hint = format!("add [secrets.{unknown}]");
            return Err(file.problem(offset(name), message, hint));
        }
        open.insert(&declaration.name, references);
    }
    // Take away what refers to nothing that is still there; what cannot be taken away is a circle, or
    // leads to one.
    loop {
        let done: Vec<&Name> = open
            .iter()
            .filter(|(_, references)| references.iter().all(|name| !open.contains_key(*name)))
            .map(|(name, _)| *name)
            .collect();
        if done.is_empty() {
            break;
        }
        for name in done {
            open.remove(name);
        }
    }
    let Some(mut name) = open.keys().next().copied() else { return Ok(()) };
    let mut seen = HashSet::new();
    let mut chain = Vec::new();
    while seen.insert(name) {
        chain.push(name);
        let next = open.get(name).and_then(|all| all.iter().find(|name| open.contains_key(**name)));
        name = next.copied().unwrap_or(name);
    }
    let circle = chain.into_iter().skip_while(|member| *member != name).chain([name]);
    let circle: Vec<&str> = circle.map(Name::as_str).collect();
    let message = format!("secrets refer to each other in a circle: {}", circle.join(" -> "));
    Err(file.problem(offset(name), message, "give one of them a value of its own"))
}
