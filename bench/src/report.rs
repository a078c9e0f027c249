//! Figures and the page they go to.

use std::fmt;
use std::process::Command;

/// What is demanded of a figure.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    AtMost(f64),
    AtLeast(f64),
    None,
}

/// One measured figure beside the machine's own.
#[derive(Debug)]
pub struct Figure {
    pub what: String,
    pub value: f64,
    pub unit: &'static str,
    /// What the machine or a peer does, in the same run: its name, its figure, its unit.
    pub limit: Option<(String, f64, &'static str)>,
    pub target: Target,
}

/// All figures of a run.
#[derive(Default)]
pub struct Report {
    pub figures: Vec<Figure>,
}

impl Figure {
    pub fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, unit, limit: None, target: Target::None }
    }

    pub fn beside(mut self, what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        self.limit = Some((what.into(), value, unit));
        self
    }

    pub fn target(mut self, target: Target) -> Self {
        self.target = target;
        self
    }

    pub fn is_missed(&self) -> bool {
        match self.target {
            Target::AtMost(most) => self.value > most,
            Target::AtLeast(least) => self.value < least,
            Target::None => false,
        }
    }

    fn target_text(&self) -> String {
        match self.target {
            Target::AtMost(most) => format!("at most {} {}", number(most), self.unit),
            Target::AtLeast(least) => format!("at least {} {}", number(least), self.unit),
            Target::None => String::new(),
        }
    }

    fn verdict(&self) -> &'static str {
        match (self.target, self.is_missed()) {
            (Target::None, _) => "",
            (_, false) => "met",
            (_, true) => "**missed**",
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.what, number(self.value), self.unit)?;
        if let Some((what, value, unit)) = &self.limit {
            write!(f, " (beside {what}: {} {unit})", number(*value))?;
        }
        write!(f, " {} {}", self.target_text(), self.verdict())
    }
}

impl Report {
    /// `BENCHMARKS.md`.
    pub fn page(&self) -> String {
        let mut page = format!(
            "# Benchmarks\n\nMade by `cargo xtask bench` on {}. Machines differ and are shared: what counts is a \
             figure beside the one next to it, which the same machine gave in the same run. Figures are medians. With \
             `-- --check` the command fails when a target is missed.\n\n\
             | what | figure | beside it | target | |\n|---|---|---|---|---|\n",
            machine()
        );
        for figure in &self.figures {
            let limit = figure
                .limit
                .as_ref()
                .map(|(what, value, unit)| format!("{what}: {} {unit}", number(*value)));
            page.push_str(&format!(
                "| {} | {} {} | {} | {} | {} |\n",
                figure.what,
                number(figure.value),
                figure.unit,
                limit.unwrap_or_default(),
                figure.target_text(),
                figure.verdict()
            ));
        }
        page
    }
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let output = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().ok();
        output
            .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
            .unwrap_or_default()
    };
    let kernel = output("uname", &["-sr"]);
    let compiler = output("rustc", &["--version"]);
    format!("{cores} cores, {kernel}, {compiler}, {}", output("date", &["-u", "+%F"]))
}

/// Three digits that mean something.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
