using '../main.bicep'

param name = 'prod'
param dataverseUrl = 'https://yourorg.crm.dynamics.com'

// The person who deploys may write API keys into the vault; deploy.sh sets it. Write the object id of a group here where
// several people shall.
param keyWriterObjectId = readEnvironmentVariable('KEY_WRITER_OBJECT_ID', '')
param keyWriterType = 'User'

// Who may call the API: deploy.sh sets it to the app registration that it makes. Write '' to have none: whoever has a
// function key may do everything then.
param authClientId = readEnvironmentVariable('AUTH_CLIENT_ID', '')

param tags = {
  application: 'customer-insights-omnisend-export'
  environment: 'production'
}

param storageSku = 'Standard_ZRS'
param logRetentionDays = 90
param alertEmails = []
param maxHoursWithoutSuccess = 26

// Give these to use what you have.
param existingVaultId = ''
param existingWorkspaceId = ''

// True: storage, vault and app answer to private endpoints alone; publish from within the network then.
param closedNetwork = false
