//! How AWS is reached: in Lambda by its region and the credentials of its environment, on a laptop by an endpoint.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedHttpClient};

/// The credentials of the Lambda environment.
pub use aws_sdk_dynamodb::config::Credentials;

/// One HTTP client and one set of credentials, shared by every AWS client of the process.
///
/// `aws-config` is left out on purpose: it multiplies the instructions of a cold start by ten and we need none of its sources.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The AWS region.
    pub region: String,
    /// Where to connect instead of AWS: `http://127.0.0.1:…` on a laptop.
    pub endpoint_url: Option<String>,
    /// Who we are.
    pub credentials: Credentials,
    /// The HTTP client.
    pub http_client: SharedHttpClient,
}

impl Connection {
    /// A connection with the client that suits the endpoint: HTTPS on ring for AWS, plain HTTP for a laptop.
    pub fn new(
        region: impl Into<String>,
        endpoint_url: Option<String>,
        credentials: Credentials,
    ) -> Self {
        use aws_smithy_http_client::{Builder, tls};
        let plain = endpoint_url
            .as_ref()
            .is_some_and(|url| url.starts_with("http://"));
        let http_client = if plain {
            Builder::new().build_http()
        } else {
            Builder::new()
                .tls_provider(tls::Provider::Rustls(
                    tls::rustls_provider::CryptoMode::Ring,
                ))
                .build_https()
        };
        Self {
            region: region.into(),
            endpoint_url,
            credentials,
            http_client,
        }
    }

    pub(crate) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        // DynamoDB answers within milliseconds, so the second try need not wait for a second as the SDK's default does.
        let retries = RetryConfig::standard()
            .with_initial_backoff(Duration::from_millis(50))
            .with_max_attempts(4);
        let mut config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(self.credentials.clone())
            .retry_config(retries)
            .http_client(self.http_client.clone());
        if let Some(url) = &self.endpoint_url {
            config = config.endpoint_url(url);
        }
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }
}
