const a = document.querySelector("#x")?.value ?? 1; /* c */ console.log(a);
