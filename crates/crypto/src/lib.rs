//! Sans-I/O cryptographic core of Keyfold: suites, keys, login, groups, rotation, content.
