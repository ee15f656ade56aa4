//! `shouma form`: what payers are asked, as an operator keeps it.

use std::path::{Path, PathBuf};

use domain::form::FormSchema;
use server::forms::{AddForm, NotStored, ReplaceForm};
use server::store::audit::Actor;
use server::store::forms::{self, ListedForm};
use server::{clock, fresh};
use uuid::Uuid;

use super::{Failed, config, named, open_beside, open_for_reading};

/// `shouma form`.
#[derive(clap::Args)]
pub struct FormTask {
    #[command(subcommand)]
    what: What,
    /// The organisation's name, where there are several
    #[arg(long, value_name = "NAME", global = true)]
    organisation: Option<String>,
}

#[derive(clap::Subcommand)]
enum What {
    /// The forms that administrators can choose: id, codes that are switched on and ask it, number of fields, what they are called
    List,
    /// Print a form as a file, to be changed and given back
    Show {
        /// The form, as list prints it
        id: String,
    },
    /// Say everything that is wrong with a file, and store nothing
    Check {
        /// The file (JSON)
        file: PathBuf,
    },
    /// Store a new form, which administrators can choose at once, and print its id
    Add {
        /// The file (JSON)
        file: PathBuf,
    },
    /// Let every code that asks the form ask what the file says instead; payments keep what their payers filled in
    Replace {
        /// The form, as list prints it
        id: String,
        /// The file (JSON)
        file: PathBuf,
    },
}

/// Does what is said with forms.
pub async fn form(task: FormTask) -> Result<(), Failed> {
    let organisation = task.organisation.as_deref();
    match task.what {
        What::List => list(organisation).await,
        What::Show { id } => show(organisation, &id).await,
        What::Check { file } => check(&file),
        What::Add { file } => add(organisation, &file).await,
        What::Replace { id, file } => replace(organisation, &id, &file).await,
    }
}

async fn list(organisation: Option<&str>) -> Result<(), Failed> {
    for ListedForm { form, schema, codes } in all(organisation).await? {
        println!("{}  {codes:>5} codes  {:>2} fields  {}", form.simple(), schema.fields.len(), labels(&schema));
    }
    Ok(())
}

async fn show(organisation: Option<&str>, id: &str) -> Result<(), Failed> {
    let id = form_id(id)?;
    let found = all(organisation).await?.into_iter().find(|listed| listed.form == id).ok_or_else(no_form)?;
    println!("{}", found.schema.to_file());
    Ok(())
}

async fn all(organisation: Option<&str>) -> Result<Vec<ListedForm>, Failed> {
    let store = open_for_reading().await?;
    let tenant = named(&store, organisation).await?;
    Ok(forms::list(&mut store.read().await?.tx(), tenant.id).await?)
}

fn check(file: &Path) -> Result<(), Failed> {
    let schema = read(file)?;
    println!("{}: {} fields, nothing is wrong: {}", file.display(), schema.fields.len(), labels(&schema));
    Ok(())
}

async fn add(organisation: Option<&str>, file: &Path) -> Result<(), Failed> {
    let schema = read(file)?;
    let config = config()?;
    let store = open_beside(&config).await?;
    let tenant = named(&store, organisation).await?.id;
    let now = clock::system()();
    let form = fresh::uuid(now);
    let stored = store.write(AddForm { tenant, form, schema, by: Actor::Operator, now }).await?;
    store.close().await;
    stored.map_err(not_stored)?;
    println!("{}", form.simple());
    Ok(())
}

async fn replace(organisation: Option<&str>, id: &str, file: &Path) -> Result<(), Failed> {
    let form = form_id(id)?;
    let schema = read(file)?;
    let config = config()?;
    let store = open_beside(&config).await?;
    let tenant = named(&store, organisation).await?.id;
    let stored = store.write(ReplaceForm { tenant, form, schema, by: Actor::Operator, now: clock::system()() }).await?;
    store.close().await;
    let codes = stored.map_err(not_stored)?;
    println!("replaced; {codes} codes ask it from now on");
    Ok(())
}

/// The form in a file; a line for each fault.
fn read(file: &Path) -> Result<FormSchema, Failed> {
    let name = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| Failed::setting(format!("{name}: {error}")))?;
    FormSchema::of_file(&text).map_err(|faults| {
        for fault in &faults {
            eprintln!("{name}: {fault}");
        }
        Failed::setting(format!("{name}: {} to correct, nothing was stored", faults.len()))
    })
}

fn form_id(typed: &str) -> Result<Uuid, Failed> {
    Uuid::parse_str(typed).map_err(|_| Failed::setting(format!("{typed:?} is not a form's id, as shouma form list prints it")))
}

fn no_form() -> Failed {
    Failed::setting("there is no such form; shouma form list prints those that there are")
}

fn not_stored(why: NotStored) -> Failed {
    match why {
        NotStored::NoForm => no_form(),
        NotStored::Known(form) => Failed::of(format!("form {} asks exactly this already; nothing was stored", form.simple())),
        NotStored::Presets(codes) => {
            for (code, errors) in &codes {
                let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
                eprintln!("code \"{}\" ({}) presets {}", code.name, code.code, errors.join(", "));
            }
            Failed::of(format!("the presets of {} codes do not fit the form; nothing was stored", codes.len()))
        }
    }
}

/// A form has no name of its own: it is called by what it asks, as administrators read it.
fn labels(schema: &FormSchema) -> String {
    schema.asked().map(|field| field.label.as_str()).collect::<Vec<_>>().join("、")
}
