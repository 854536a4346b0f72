//! What a browser asks for arrives at the functions, and their answers arrive at it.

use http::Method;

use super::listen::Product;
use crate::caller::client;
use crate::seed;

#[tokio::test]
async fn a_page_of_an_admitted_origin_calls_the_product() {
    let page = "https://app.example";
    let product = Product::start_for(page).await;
    let client = client(std::time::Duration::from_secs(30)).unwrap();
    let address = format!("http://127.0.0.1:{}/v3/customers", product.port());
    let asked = client
        .request(Method::OPTIONS, &address)
        .header("origin", page)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization")
        .send()
        .await
        .unwrap();
    assert_eq!(asked.status(), 204);
    assert_eq!(asked.headers()["access-control-allow-origin"], page);
    let methods = asked.headers()["access-control-allow-methods"]
        .to_str()
        .unwrap();
    assert!(methods.contains("POST"), "{methods}");
    for method in [Method::GET, Method::HEAD] {
        let answer = client
            .request(method.clone(), &address)
            .bearer_auth(seed::test_key())
            .header("origin", page)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["access-control-allow-origin"], page);
        assert_eq!(answer.headers()["vary"], "Origin");
        let empty = answer.bytes().await.unwrap().is_empty();
        assert_eq!(empty, method == Method::HEAD);
    }
    // Any other page learns nothing, and a path that is not there has no methods to tell of.
    let other = client.request(Method::OPTIONS, &address);
    let other = other.header("origin", "https://other.example");
    let other = other.header("access-control-request-method", "POST");
    let other = other.send().await.unwrap();
    assert!(!other.headers().contains_key("access-control-allow-origin"));
}
