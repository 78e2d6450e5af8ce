// Tells the open windows of the shop to check whether someone is still signed in.
new BroadcastChannel("hallpass").postMessage("check again");
