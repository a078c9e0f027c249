//! How long `strongroom import` takes for a large `.env`.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use crate::Arguments;
use crate::report::Figure;
use crate::run::Project;
use crate::setting::median;

pub fn measure(arguments: &Arguments) -> Vec<Figure> {
    let (rounds, variables) = if arguments.quick { (1, 20) } else { (5, 1_000) };
    let (mut imports, mut writes) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let project = Project::new(&arguments.program);
        let text: String =
            (0..variables).map(|at| format!("NAME_{at}=value-of-a-key-{at:020}\n")).collect();
        let file = project.folder().join("large.env");
        std::fs::write(&file, &text).expect("is written");
        writes.push(written(&project.folder().join("bare"), text.as_bytes()));
        let mut import = project.command(&arguments.program, &["import", "--quiet", "large.env"]);
        let started = Instant::now();
        assert!(import.status().expect("it runs").success(), "{import:?}");
        imports.push(started.elapsed().as_secs_f64() * 1e3);
    }
    vec![
        Figure::new(format!("`strongroom import` of {variables} variables"), median(imports), "ms")
            .beside("writing and syncing the file", median(writes), "ms"),
    ]
}

fn written(path: &Path, bytes: &[u8]) -> f64 {
    let started = Instant::now();
    let mut file = File::create(path).expect("a file");
    file.write_all(bytes).expect("writes");
    file.sync_all().expect("syncs");
    started.elapsed().as_secs_f64() * 1e3
}
