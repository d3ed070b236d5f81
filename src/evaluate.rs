//! Policy text and input -> decision, by regorus; its only user.
