// Of the app that `keyfold serve --dev` makes.

/** Its public token. */
export const APP_TOKEN = "5zMb6zs3dEM62n+FxjBilFPp+j9e7YUFA+7pi6Hi";

/** Its secret token. */
export const SECRET_TOKEN = "BNM76kOdUSVBGV8iBNRRnjMXNwv5hpGlaUDZhE5aKPGh1U0aa6uYxMUMtd2AHjj6OmQ=";
