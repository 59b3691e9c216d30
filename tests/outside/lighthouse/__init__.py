"""Lighthouses and buoys, and who keeps them: a package that knows Vigil and that Vigil does not."""
