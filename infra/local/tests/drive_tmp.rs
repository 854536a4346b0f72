#![expect(clippy::unwrap_used, clippy::print_stdout, reason="temporary")]
use local::cloud::{self, Aws, Settings};
use local::{functions, seed};
use clap::Parser;
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn drive() {
    tracing_subscriber::fmt().with_env_filter("warn,dynoxide=error").init();
    let creds = std::env::temp_dir().join("drive_creds.json");
    let args = local::args::Args::parse_from(["local", "--credentials", creds.to_str().unwrap()]);
    let api = cloud::listen(0).await.unwrap();
    let address = api.local_addr().unwrap();
    let settings = Settings { parameters: seed::parameters(), ..Settings::default() };
    let aws = Aws::start(&settings).await.unwrap();
    let functions = functions::wire(&aws, None).unwrap();
    seed::seed(&aws, &args, address).await.unwrap();
    println!("after seed: {}", aws.unused_grants().len());
    let running = aws.run(&functions, api).unwrap();
    let out = tokio::task::spawn_blocking(move || std::process::Command::new("python3").arg("/tmp/drive.py").arg(creds).output().unwrap()).await.unwrap();
    println!("{}\n{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    println!("settled {:?}", running.settle(std::time::Duration::from_secs(10)).await);
    for (function, grant) in running.aws().unused_grants() {
        println!("UNUSED {function}: {grant}");
    }
}
