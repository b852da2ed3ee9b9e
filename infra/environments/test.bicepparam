using '../main.bicep'

param name = 'test'
param dataverseUrl = 'https://yourorg.crm.dynamics.com'

// The person who deploys may write API keys into the vault; deploy.sh sets it.
param keyWriterObjectId = readEnvironmentVariable('KEY_WRITER_OBJECT_ID', '')

// Who may call the API: deploy.sh sets it to the app registration that it makes. Write '' to have none: whoever has a
// function key may do everything then.
param authClientId = readEnvironmentVariable('AUTH_CLIENT_ID', '')

param tags = {
  application: 'customer-insights-omnisend-export'
  environment: 'test'
}

// A test environment has no run of every day to wait for.
param maxHoursWithoutSuccess = 0
