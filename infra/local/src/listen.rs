//! `local listen`: shows the webhooks of a running local process as they are sent, and forwards them to a server under
//! development.
//!
//! It is an endpoint like any other. Savvy sends to it, tries again, and writes in its log of deliveries what the server under
//! development answered, because that is what this answers.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::args::DEFAULT_PORT;
use crate::caller::Caller;
use crate::cloud;
use crate::serve::{Tasks, serve};
use crate::terminal::Terminal;
use crate::{Error, ids};

use endpoint::Endpoint;
use receiver::Receiver;
use target::Target;

mod endpoint;
mod receiver;
mod target;

/// How long the end waits for what is being forwarded.
const PATIENCE: Duration = Duration::from_secs(2);

/// Shows the webhooks of the running process as they are sent, and forwards them.
#[derive(Clone, Debug, clap::Args)]
pub struct Listen {
    /// Server to forward to, e.g. `localhost:3000/webhooks`. Savvy is answered what it answers; without it, 200.
    #[arg(long, value_name = "URL")]
    pub forward_to: Option<String>,
    /// Event types, families like `invoice.*`, or `*`, with commas between them.
    #[arg(long, value_name = "TYPES", value_delimiter = ',', default_value = "*")]
    pub events: Vec<String>,
    /// Print the body of each event, one to a line, to the standard output and everything else to the standard error.
    #[arg(long)]
    pub print_json: bool,
    /// Port of the API of the running process.
    #[arg(long, default_value_t = DEFAULT_PORT)]
    pub port: u16,
}

/// What the command says, to whom.
#[derive(Clone, Debug)]
struct Voice {
    terminal: Terminal,
    json: bool,
}

impl Voice {
    /// Says something to whoever watches.
    fn say(&self, line: &str) {
        if self.json {
            self.terminal.note(line);
        } else {
            self.terminal.print(line);
        }
    }

    /// Hands out the body of an event, where that is wanted.
    fn body(&self, body: &str) {
        if self.json {
            self.terminal.print(body);
        }
    }
}

/// Listens until `stop` is done, and takes the endpoint away again.
pub async fn listen(
    listen: &Listen,
    terminal: &Terminal,
    stop: impl Future<Output = ()>,
) -> Result<(), Error> {
    let target = listen
        .forward_to
        .as_deref()
        .map(Target::parse)
        .transpose()?;
    let voice = Voice {
        terminal: terminal.clone(),
        json: listen.print_json,
    };
    let socket = cloud::listen(0).await?;
    let address = socket
        .local_addr()
        .map_err(|error| Error::Io("listener", error))?;
    // Any web page that the developer looks at may post to a port of this machine; it does not know this.
    let path = format!("/{}", ids::token());
    let tasks = Tasks::default();
    let greeting = greeting(target.as_ref());
    let receiver = Arc::new(Receiver {
        path: path.clone(),
        target,
        voice: voice.clone(),
        tracker: tasks.tracker.clone(),
    });
    tasks.spawn(serve(socket, tasks.clone(), move |request| {
        Arc::clone(&receiver).take(request)
    }));
    let url = format!("http://{address}{path}");
    let caller = Caller::new(listen.port)?;
    let mut endpoint = Endpoint::create(caller, url, listen.events.clone()).await?;
    voice.say(&format!(
        "Listening to {} as {}.\nSigning secret, the same each time: {}\n{greeting}\n",
        listen.events.join(", "),
        endpoint.id(),
        endpoint::secret(),
    ));
    tokio::select! {
        () = stop => {}
        never = endpoint.keep(&voice) => match never {},
    }
    endpoint.delete(&voice).await;
    tasks.end(PATIENCE).await;
    Ok(())
}

fn greeting(target: Option<&Target>) -> String {
    match target {
        Some(target) => format!("Forwarding to {target}. Ctrl-C ends it."),
        None => {
            "Answering each with 200; --forward-to URL forwards them. Ctrl-C ends it.".to_owned()
        }
    }
}
