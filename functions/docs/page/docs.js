// Chooses the document that the explorer shows. The dialect stands in the fragment, before the "?" that the
// explorer keeps its own place behind, so that #rocketsavvy?route=post-/v3/customers is a link to an operation.

const explorer = document.querySelector("openapi-explorer");
const choice = document.querySelector("#dialect");
const link = document.querySelector("#document");

function dialectInAddress() {
  const named = location.hash.slice(1).split("?")[0];
  const known = [...choice.options].some((option) => option.value === named);
  return known ? named : choice.options[0].value;
}

function routeInAddress() {
  return new URLSearchParams(location.hash.split("?")[1]).get("route") ?? "overview";
}

function show(dialect) {
  const address = new URL(`openapi/${dialect}.json`, document.baseURI).href;
  choice.value = dialect;
  link.href = address;
  document.title = `${choice.selectedOptions[0].text} – Savvy API reference`;
  if (explorer.getAttribute("spec-url") !== address) {
    // Else the explorer would look for the place that it showed of the document before.
    explorer.explorerLocation = routeInAddress();
    explorer.setAttribute("spec-url", address);
  }
}

// Whatever servers a document names, the one that answers here is the one that served this page.
explorer.setAttribute("server-url", new URL(".", document.baseURI).href);

// The field for a key asks the browser to remember what is typed. A key is not for the browser's form history.
explorer.addEventListener("focusin", (event) => {
  const [field] = event.composedPath();
  if (field instanceof HTMLInputElement && field.autocomplete === "on") {
    field.autocomplete = "off";
  }
});

choice.addEventListener("change", () => {
  history.pushState(null, "", `#${choice.value}?route=overview`);
  show(choice.value);
});
window.addEventListener("hashchange", () => show(dialectInAddress()));

const first = dialectInAddress();
history.replaceState(null, "", `#${first}?route=${routeInAddress()}`);
show(first);
