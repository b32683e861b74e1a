/** Styles are bundled, and import nothing. */
declare module "*.css";
