const DARK = "(prefers-color-scheme: dark)";

/** Lets a button switch between dark and light; at first the page follows the system. */
export function followTheme(button: HTMLElement): void {
	const system = matchMedia(DARK);
	const apply = (dark: boolean): void => {
		document.documentElement.dataset["theme"] = dark ? "dark" : "light";
		button.textContent = dark ? "Light" : "Dark";
		button.setAttribute("aria-label", dark ? "Switch to light colours" : "Switch to dark colours");
	};
	apply(system.matches);
	system.addEventListener("change", ({matches}) => apply(matches));
	button.addEventListener("click", () => apply(document.documentElement.dataset["theme"] !== "dark"));
}
