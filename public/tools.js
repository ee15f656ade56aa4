// The questions that need more than a line of text: place, scanned code, invoice title. Only pages that ask such a question carry
// it. It fills in ordinary controls, which can be typed as well.
(() => {
  const form = document.forms[0];
  const on = (target, event, act) => target.addEventListener(event, act);
  const fill = (field, value) => {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  for (const tool of form.querySelectorAll("[data-place]")) {
    const field = document.getElementById(tool.dataset.place);
    const { here, fail } = tool.dataset;
    const spot = [...tool.parentNode.querySelectorAll("input[hidden]")];
    // Where the device was belongs to the text that stood there. Whoever changes it by hand tells another place.
    on(field, "input", ({ isTrusted }) => isTrusted && spot.forEach((part) => (part.value = "")));
    // A text that the server sent back comes with its own coordinates, not with a draft's. Our words alone say nothing.
    if (field.defaultValue) spot.forEach((part) => (part.value = part.defaultValue));
    if (field.value == here && !spot[0].value) field.value = "";
    if (!navigator.geolocation) {
      tool.remove();
      continue;
    }
    tool.hidden = false;
    const found = ({ coords }) => {
      spot[0].value = coords.latitude.toFixed(6);
      spot[1].value = coords.longitude.toFixed(6);
      fill(field, field.value || here);
    };
    const failed = () => (tool.textContent = fail);
    on(tool, "click", () => navigator.geolocation.getCurrentPosition(found, failed, { timeout: 1e4 }));
  }

  // The camera takes a picture and the browser reads the code in it; where it cannot, there is nothing to tap.
  const scans = form.querySelectorAll("[data-scan]");
  for (const tool of scans) {
    const field = document.getElementById(tool.dataset.scan);
    tool.hidden = !self.BarcodeDetector;
    on(tool, "input", async (event) => {
      event.stopPropagation();
      const picture = event.target.files[0];
      event.target.value = "";
      const seen = await createImageBitmap(picture).then((bitmap) => new BarcodeDetector().detect(bitmap)).catch(() => []);
      if (seen[0]) fill(field, seen[0].rawValue);
      else tool.firstChild.textContent = tool.dataset.fail;
    });
  }

  // Inside WeChat its own scanner is better. Until its script has come and believes the page, all stays as it is.
  if (form.dataset.wx) {
    const { src, ...config } = JSON.parse(form.dataset.wx);
    const script = document.createElement("script");
    script.src = src;
    on(script, "load", () => {
      wx.config({ ...config, jsApiList: ["scanQRCode"] });
      wx.ready(() => {
        for (const tool of scans) {
          tool.hidden = false;
          on(tool, "click", (event) => {
            event.preventDefault();
            // A bar code comes with its kind in front: EAN_13,6901234567892
            const success = ({ resultStr }) =>
              fill(document.getElementById(tool.dataset.scan), resultStr.replace(/^(EAN|UPC|CODE|ITF|CODABAR)\w*,/, ""));
            wx.scanQRCode({ needResult: 1, scanType: tool.dataset.kinds.split(" "), success });
          });
        }
      });
    });
    document.head.append(script);
  }

  // Only a company has a tax number.
  const titles = () => {
    for (const title of form.querySelectorAll(".inv")) {
      title.querySelector(".tax").classList.toggle("off", !title.querySelector("[value=company]").checked);
    }
  };
  on(form, "input", titles);
  titles();
})();
