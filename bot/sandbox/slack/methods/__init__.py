"""The Web API, one file a family. Each method takes a `Call` and answers JSON or raises `Refused`."""
