"""Deployment as configuration: files say what is served, and a reconciler makes a server follow them."""
