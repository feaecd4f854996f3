"""What is written onto a device. Nothing of Mainspring imports it, and it imports nothing of Mainspring."""
