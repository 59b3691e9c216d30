// Notices: what is told beside the page, by a sound and by the system, where the reader wants that.

const KEY = "vigil.notices";
const TONE_HZ = 880;
const TONE_S = 0.25;

export const wantsNotices = (): boolean => localStorage.getItem(KEY) === "on";

/** Begins or ends it; the system asks the reader itself whether it may show something. */
export async function chooseNotices(on: boolean): Promise<void> {
  if (!on) {
    localStorage.removeItem(KEY);
    return;
  }
  localStorage.setItem(KEY, "on");
  if ("Notification" in window && Notification.permission === "default") {
    await Notification.requestPermission();
  }
}

/** Tells something, once. Where the system shows nothing, there is still the sound. */
export function giveNotice(text: string): void {
  if (!wantsNotices()) return;
  if ("Notification" in window && Notification.permission === "granted") {
    new Notification("Vigil", { body: text, tag: text });
  }
  sound();
}

function sound(): void {
  if (!("AudioContext" in window)) return;
  const room = new AudioContext();
  const tone = room.createOscillator();
  const volume = room.createGain();
  tone.frequency.value = TONE_HZ;
  // Not cut off: that would crack.
  volume.gain.setValueAtTime(0.2, room.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, room.currentTime + TONE_S);
  tone.connect(volume).connect(room.destination);
  tone.onended = () => void room.close();
  tone.start();
  tone.stop(room.currentTime + TONE_S);
}
