//! Everything together: what starts, in which order, and how it ends.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::Error;
use crate::access::{self, Access};
use crate::asynchronous::{self, Asynchronous};
use crate::clock::Clock;
use crate::dynamodb::Dynamo;
use crate::endpoint::Endpoint;
use crate::eventbridge::Buses;
use crate::gateway::Gateway;
use crate::invoke::Functions;
use crate::queues::Queues;
use crate::schedules::Ticker;
use crate::serve::{Tasks, serve};
use crate::sources::QueueSource;
use crate::sqs::Sqs;
use crate::streams::{self, StreamSource};
use crate::template::{Function, Grant, StreamMapping, TEMPLATE, Template};
use crate::upkeep::Upkeep;

pub use running::Running;

mod running;

/// What a local cloud is started with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Port of the AWS endpoint; 0 takes any free one.
    pub aws_port: u16,
    /// File of the database. The queues are kept in a second file, with `.aws` after the name.
    pub data: Option<PathBuf>,
    /// Values for the parameters of the template.
    pub parameters: BTreeMap<String, String>,
    /// The template; [`TEMPLATE`] unless a test has one of its own.
    pub template: String,
    /// The time that queues go by.
    pub clock: Clock,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            aws_port: 0,
            data: None,
            parameters: BTreeMap::new(),
            template: TEMPLATE.to_owned(),
            clock: Clock::system(),
        }
    }
}

/// The services: table, queues and buses, reachable at [`Aws::endpoint_url`]. Functions are not running yet.
#[derive(Debug)]
pub struct Aws {
    template: Template,
    dynamo: Arc<Dynamo>,
    queues: Arc<Queues>,
    access: Arc<Access>,
    address: SocketAddr,
    tasks: Tasks,
}

impl Aws {
    /// Starts the services. The address is known as soon as this returns, so it can be given to the functions.
    pub async fn start(settings: &Settings) -> Result<Self, Error> {
        let listener = listen(settings.aws_port).await?;
        let address = listener
            .local_addr()
            .map_err(|error| Error::Io("AWS endpoint", error))?;
        let mut template =
            Template::parse(&settings.template, address.port(), &settings.parameters)?;
        let dynamo = Arc::new(Dynamo::open(settings.data.as_deref(), &template.tables)?);
        let file = settings.data.as_deref().map(beside);
        let mut definitions = template.queues.clone();
        definitions.extend(asynchronous::queues(&template));
        let queues = Arc::new(Queues::open(
            file.as_deref(),
            &definitions,
            settings.clock.clone(),
        )?);
        let buses = Arc::new(Buses::new(&mut template, Arc::clone(&queues)));
        let access = Arc::new(Access::new(&template));

        let tasks = Tasks::default();
        let private = listen(0).await?;
        let database = private
            .local_addr()
            .map_err(|error| Error::Io("database", error))?;
        let stop = tasks.stop.clone().cancelled_owned();
        let server = dynoxide::server::serve_with_shutdown(private, dynamo.database(), stop);
        tasks.spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(error, "the database server failed");
            }
        });
        let sqs = Sqs::new(Arc::clone(&queues), address.port());
        let endpoint = Arc::new(Endpoint::new(
            Arc::clone(&dynamo),
            database,
            sqs,
            buses,
            Arc::clone(&access),
        )?);
        tasks.spawn(serve(listener, tasks.clone(), move |request| {
            let endpoint = Arc::clone(&endpoint);
            async move { endpoint.answer(request).await }
        }));
        Ok(Self {
            template,
            dynamo,
            queues,
            access,
            address,
            tasks,
        })
    }

    /// What AWS clients use as their endpoint.
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The template with local names. Its rules have moved into the bus.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// The queues, for whoever looks into them without a client.
    pub fn queues(&self) -> &Arc<Queues> {
        &self.queues
    }

    /// The grants of the template that no request has needed since the start, with the functions that have them. After a test
    /// of every operation there should be none: a right without a use is one too many.
    pub fn unused_grants(&self) -> Vec<(&str, &Grant)> {
        self.access.unused()
    }

    /// The database, for tests that look behind its API.
    #[cfg(test)]
    pub(crate) fn dynamo(&self) -> &Dynamo {
        &self.dynamo
    }

    /// The environment that a function has: that of the template, and what the Lambda service adds for clients. Its access
    /// key id stands for its role.
    pub fn environment(&self, function: &str) -> BTreeMap<String, String> {
        let mut environment = self
            .template
            .function(function)
            .map(|function| function.environment.clone())
            .unwrap_or_default();
        for (key, value) in [
            ("AWS_REGION", crate::template::REGION.to_owned()),
            ("AWS_ENDPOINT_URL", self.endpoint_url()),
            ("AWS_ACCESS_KEY_ID", access::access_key_id(function)),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            ("AWS_LAMBDA_FUNCTION_NAME", function.to_owned()),
        ] {
            environment.insert(key.to_owned(), value);
        }
        environment
    }

    /// Starts the functions: the API at `api`, and everything else that can invoke one.
    pub fn run(self, functions: &Functions, api: TcpListener) -> Result<Running, Error> {
        let address = api.local_addr().map_err(|error| Error::Io("API", error))?;
        let tasks = Tasks::default();
        let clock = self.queues.clock().clone();
        let gateway = Arc::new(Gateway::new(
            &self.template,
            functions.clone(),
            clock,
            tasks.tracker.clone(),
        ));
        tasks.spawn(serve(api, tasks.clone(), move |request| {
            let gateway = Arc::clone(&gateway);
            async move { gateway.answer(request, address).await }
        }));
        for function in &self.template.functions {
            if functions.has(&function.name) {
                self.start_sources(function, functions, &tasks);
            } else {
                tracing::warn!(
                    function = function.name,
                    "a function of the template is not part of this process"
                );
            }
        }
        let streams = self.template.functions.iter().flat_map(|function| {
            let source = |mapping: &StreamMapping| {
                (
                    mapping.table.clone(),
                    streams::source(&mapping.table, &function.name),
                )
            };
            function.streams.iter().map(source).collect::<Vec<_>>()
        });
        let upkeep = Upkeep {
            dynamo: Arc::clone(&self.dynamo),
            queues: Arc::clone(&self.queues),
            streams: streams.collect(),
        };
        tasks.spawn(upkeep.run(tasks.clone()));
        Ok(Running {
            functions: functions.clone(),
            aws: self,
            tasks,
            address,
        })
    }

    /// Everything besides requests that can invoke a function.
    fn start_sources(&self, function: &Function, functions: &Functions, tasks: &Tasks) {
        for mapping in &function.queues {
            let source = QueueSource {
                queues: Arc::clone(&self.queues),
                functions: functions.clone(),
                function: function.name.clone(),
                mapping: mapping.clone(),
            };
            tasks.spawn(source.run(tasks.clone()));
        }
        for mapping in &function.streams {
            let source = StreamSource {
                dynamo: Arc::clone(&self.dynamo),
                queues: Arc::clone(&self.queues),
                functions: functions.clone(),
                function: function.name.clone(),
                mapping: mapping.clone(),
            };
            tasks.spawn(source.run(tasks.clone()));
        }
        if self
            .queues
            .queue(&asynchronous::queue_name(&function.name))
            .is_ok()
        {
            let source = Asynchronous {
                queues: Arc::clone(&self.queues),
                functions: functions.clone(),
                function: function.name.clone(),
                retries: function.asynchronous_retries,
                on_failure_queue: function.on_failure_queue.clone(),
            };
            tasks.spawn(source.run(tasks.clone()));
        }
        for schedule in &function.schedules {
            let ticker = Ticker {
                queues: Arc::clone(&self.queues),
                function: function.name.clone(),
                schedule: schedule.clone(),
            };
            tasks.spawn(ticker.run(tasks.clone()));
        }
    }
}

/// Listens on loopback only: nothing here checks a signature, only whose it claims to be.
pub async fn listen(port: u16) -> Result<TcpListener, Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|error| Error::Listen(port, error))
}

fn beside(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".aws");
    PathBuf::from(name)
}
