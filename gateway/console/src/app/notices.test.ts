import { afterEach, expect, test, vi } from "vitest";
import { chooseNotices, giveNotice, wantsNotices } from "./notices";

function system(permission: NotificationPermission) {
  const shown: string[] = [];
  const asked = vi.fn(async () => permission);
  class Shown {
    static permission = permission;
    static requestPermission = asked;
    constructor(_: string, options: NotificationOptions) {
      shown.push(options.body ?? "");
    }
  }
  vi.stubGlobal("Notification", Shown);
  return { shown, asked };
}

afterEach(() => {
  localStorage.clear();
  vi.unstubAllGlobals();
});

test("nothing is told beside the page until the reader wants it", async () => {
  const { shown } = system("granted");
  giveNotice("Urgent: one");
  await chooseNotices(true);
  giveNotice("Urgent: two");
  await chooseNotices(false);
  giveNotice("Urgent: three");

  expect(wantsNotices()).toBe(false);
  expect(shown).toEqual(["Urgent: two"]);
});

test("what the system refuses to show is not shown", async () => {
  const { shown, asked } = system("denied");
  await chooseNotices(true);
  giveNotice("Urgent: one");

  expect(shown).toEqual([]);
  expect(asked).not.toHaveBeenCalled();
});

test("the system is asked once, when it has not said yet", async () => {
  const { asked } = system("default");
  await chooseNotices(true);

  expect(asked).toHaveBeenCalledOnce();
});
