// The payer's pages for whoever enlarged WeChat's letters.
import { expect, holdsLargeLetters, test } from "../harness/story";
import { openByDoor, payByDoor, somebody } from "../harness/payer";

test.use({ hand: "absent" });

for (const lang of ["zh", "en"]) {
  test(`the payer's pages in WeChat's largest letters, ${lang}`, async ({ wechatPage: page, sim, baseURL }) => {
    test.slow();
    for (const path of ["/p/demo", "/p/demo-fixed", "/p/demo-form"]) {
      await page.goto(`${path}?lang=${lang}`);
      await holdsLargeLetters(page);
      // The button that pays can be reached.
      const go = page.locator("button.go");
      await go.scrollIntoViewIfNeeded();
      await expect(go).toBeInViewport({ ratio: 0.9 });
    }
    const open = await openByDoor(`${baseURL}/p/demo-fixed`, { "field.student": somebody() });
    await page.goto(`${open.page}?way=native`);
    await holdsLargeLetters(page);
    const paid = await payByDoor(sim, `${baseURL}/p/demo-fixed`, { "field.student": somebody() });
    await page.goto(paid.receipt);
    await holdsLargeLetters(page);
  });
}
